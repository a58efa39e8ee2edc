// The guide's "Monitoring": who leads, the Lease, the log messages and the metrics.
import { messages } from "../node/hand-over.ts";
import { namespace } from "../node/installation.ts";
import * as examples from "./examples.ts";
import { judge, lackingOf, readableTime } from "./finding.ts";
import { startScraper, type Values } from "./prometheus.ts";
import { claim, command, example, type Chapter, type Row } from "./row.ts";
import type { Walk } from "./walk.ts";

const glanceMs = 6000;
// A change is seen by a watch, and read by the next scrape.
const sameSeconds = 3;
const podName = /^bindy-[a-z0-9]+-[a-z0-9]{5}$/;

/** The metrics as they are after a change of leader that was asked for. */
interface SeenMetrics {
  readonly how: string;
  readonly former: string;
  readonly leader: string;
  readonly increase: Values;
  readonly sinceChange: Values;
  readonly isLeader: Values;
  /** Since the acquisition that the Lease records. */
  readonly sinceAcquired: number;
}

const expressions = {
  increase: "increase(bindy_leader_elections_total[1h])",
  sinceChange: "time() - bindy_leader_election_timestamp",
  isLeader: "bindy_is_leader",
} as const;

const seenBy = new WeakMap<Walk, Promise<SeenMetrics>>();

function seeMetrics(walk: Walk): Promise<SeenMetrics> {
  const seen = seenBy.get(walk) ?? lookAtMetrics(walk);
  seenBy.set(walk, seen);
  return seen;
}

async function lookAtMetrics(walk: Walk): Promise<SeenMetrics> {
  const { leader, standbys } = await walk.bindy.settled();
  const pods = [leader, ...standbys].map(({ metadata }) => metadata.name);
  const scraper = await startScraper(walk.bindy, pods);
  try {
    const { former, next } = await walk.stepDown();
    const isLeader = await walk.bindy.until("the change in the metrics", async () => {
      const values = await scraper.evaluate(expressions.isLeader);
      return values[next] === 1 && values[former.metadata.name] === 0 ? values : null;
    });
    const increase = await walk.bindy.until("the acquisition in the metrics", async () => {
      const values = await scraper.evaluate(expressions.increase);
      return (values[next] ?? 0) > 0 ? values : null;
    });
    const { acquireTime = "" } = await walk.bindy.lease();
    const since = await walk.bindy.until("a scrape of every pod since", async () => {
      const values = await scraper.evaluate(expressions.sinceChange);
      const sinceAcquired = (walk.wallMs() - Date.parse(acquireTime)) / 1000;
      const isScraped = Object.values(values).every((value) => value < sinceAcquired + sameSeconds);
      return isScraped ? { sinceChange: values, sinceAcquired } : null;
    });
    return {
      how: scraper.how,
      former: former.metadata.name,
      leader: next,
      increase,
      isLeader,
      ...since,
    };
  } finally {
    await scraper.close();
  }
}

const shown = (values: Values): string =>
  Object.entries(values)
    .map(([pod, value]) => `${pod}: ${Number(value.toFixed(2))}`)
    .join(", ");

/** A message of the guide's table. */
const message = (
  printed: string,
  meaning: string,
  lookedAt: string,
  see: (walk: Walk) => Promise<{ pod: string; lines: readonly string[]; wanted: string }>,
): Row =>
  claim(printed, {
    says: meaning,
    lookedAt,
    prove: async (walk) => {
      const { pod, lines, wanted } = await see(walk);
      const isThere = lines.includes(wanted);
      return judge({
        cameOut: isThere ? `"${wanted}" in the log of ${pod}` : `${pod}: ${lines.slice(-5).join("; ")}`,
        checks: { [`"${wanted}" is logged`]: isThere },
      });
    },
  });

async function messagesOf(walk: Walk, pod: string): Promise<readonly string[]> {
  return (await walk.bindy.log(pod, "operator")).map((line) => line.message);
}

async function ofLeader(
  walk: Walk,
  wanted: string,
): Promise<{ pod: string; lines: readonly string[]; wanted: string }> {
  const { leader } = await walk.bindy.settled();
  return { pod: leader.metadata.name, lines: await messagesOf(walk, leader.metadata.name), wanted };
}

export const monitoring: Chapter = {
  title: "Monitoring",
  sections: [
    {
      title: "Check Current Leader",
      rows: [
        command(
          "# Get leader identity\nkubectl get lease -n dns-system bindy-leader \\\n  -o jsonpath='{.spec.holderIdentity}'\n\n# Output: bindy-7d8f9c5b4d-x7k2m",
          {
            says: "Which operator instance is currently the leader; prints a pod's name",
            lookedAt: "the name that is printed, beside the pod whose operator says that it leads",
            prove: async (walk, printed) => {
              const { leader } = await walk.bindy.settled();
              const said = await walk.sh(printed);
              return judge({
                cameOut: said,
                checks: {
                  "a pod's name like the guide's": podName.test(said),
                  "it leads": said === leader.metadata.name,
                },
              });
            },
          },
        ),
        command("# Verify that pod is running\nkubectl get pod -n dns-system bindy-7d8f9c5b4d-x7k2m", {
          says: "The leader's pod is running",
          lookedAt:
            "its output, with the name that the command before has printed in the place of the guide's",
          prove: async (walk, printed) => {
            const { leader } = await walk.bindy.settled();
            const said = await walk.sh(printed.replace(/bindy-7d8f9c5b4d-x7k2m$/, leader.metadata.name));
            return judge({ cameOut: said, checks: { "it runs": / (\d)\/\1 +Running/.test(said) } });
          },
        }),
      ],
    },
    {
      title: "View Lease Details",
      rows: [
        command("kubectl get lease -n dns-system bindy-leader -o yaml", {
          says: "Inspect the full lease object",
          lookedAt: "its output",
          prove: async (walk, printed) => {
            const said = await walk.sh(printed);
            return judge({
              cameOut: (/^spec:\n(?: .*\n)*/m.exec(said)?.[0] ?? said).trim(),
              checks: { "it is the Lease": /^kind: Lease$/m.test(said) },
            });
          },
        }),
        example(examples.leaseOutput, {
          says: "The output",
          lookedAt:
            "each field of it in the object: the names and the duration are the same, the others are of the same kind",
          prove: async (walk, printed) => {
            const real = await walk.json(`kubectl get lease -n ${namespace} bindy-leader`);
            const lacks = lackingOf(printed, real, (path) =>
              /^(apiVersion|kind|metadata\..*|spec\.leaseDurationSeconds)$/.test(path),
            );
            const { spec } = real as {
              spec: { holderIdentity: string; acquireTime: string; renewTime: string };
            };
            return judge({
              cameOut: lacks.length === 0 ? "every field is there" : lacks.join("; "),
              checks: {
                "every field is there": lacks.length === 0,
                "the holder is a pod": podName.test(spec.holderIdentity),
                "renewed after it was acquired": Date.parse(spec.renewTime) >= Date.parse(spec.acquireTime),
              },
            });
          },
        }),
      ],
    },
    {
      title: "Monitor Leadership Changes",
      rows: [
        command("# Watch lease changes\nkubectl get lease -n dns-system bindy-leader -w", {
          says: "Watch for leadership transitions",
          lookedAt: `its output until Ctrl-C after ${glanceMs / 1000} s`,
          prove: async (walk, printed) => {
            const { leader } = await walk.bindy.settled();
            const said = await walk.look(printed, glanceMs);
            const rows = said.split("\n").slice(1);
            return judge({
              cameOut: said,
              checks: {
                "a row for each renewal": rows.length >= 3,
                "one holder": rows.every((row) => row.includes(leader.metadata.name)),
              },
            });
          },
        }),
        command(
          '# Watch operator logs for leadership events\nkubectl logs -n dns-system deployment/bindy -f | grep -i "leader\\|lease"',
          {
            says: "Watch operator logs for leadership events",
            lookedAt: `its output until Ctrl-C after ${glanceMs / 1000} s at most`,
            prove: async (walk, printed) => {
              const said = await walk.look(printed, glanceMs, (text) => text.includes(messages.attempting));
              return judge({
                cameOut: said,
                checks: { "leadership events": said.includes(messages.attempting) },
              });
            },
          },
        ),
      ],
    },
    {
      title: "Leader Election Metrics",
      rows: [
        message(
          "Attempting to acquire lease bindy-leader",
          "Instance trying to become leader",
          "the log of a standby's operator",
          async (walk) => {
            const { standbys } = await walk.bindy.settled();
            const pod = standbys[0]?.metadata.name ?? "";
            return { pod, lines: await messagesOf(walk, pod), wanted: messages.attempting };
          },
        ),
        message(
          "Lease acquired, this instance is now the leader",
          "Instance became leader",
          "the log of the holder's operator",
          (walk) => ofLeader(walk, messages.acquired),
        ),
        message(
          "Starting all operators",
          "Leader starting reconciliation",
          "the log of the holder's operator",
          (walk) => ofLeader(walk, messages.starting),
        ),
        message(
          "Leadership lost! Stopping all operators...",
          "Leader detected lease loss",
          "the log of an operator whose sidecar was asked to step down (`DELETE /leader`)",
          async (walk) => {
            const { former } = await walk.stepDown();
            const pod = former.metadata.name;
            return { pod, lines: await messagesOf(walk, pod), wanted: messages.lost };
          },
        ),
        message(
          "Lease already held by <pod-name>",
          "Another instance is leader",
          "the log of a standby's operator",
          async (walk) => {
            const { leader, standbys } = await walk.bindy.settled();
            const pod = standbys[0]?.metadata.name ?? "";
            const wanted = messages.heldBy(leader.metadata.name);
            const lines = await walk.bindy.until("the holder in the log", async () => {
              const found = await messagesOf(walk, pod);
              return found.includes(wanted) ? found : null;
            });
            return { pod, lines, wanted };
          },
        ),
      ],
    },
    {
      title: "Prometheus Metrics",
      rows: [
        command(`# Number of leadership changes (should be low)\n${expressions.increase}`, {
          says: "Number of leadership changes; should be low",
          lookedAt: "its value for each pod, a moment after one of them has stepped down",
          prove: async (walk) => {
            const { how, leader, increase } = await seeMetrics(walk);
            const others = Object.entries(increase).filter(([pod]) => pod !== leader);
            return judge({
              cameOut: `${shown(increase)} (${how})`,
              checks: {
                "the next leader's has grown": (increase[leader] ?? 0) > 0,
                "nobody else's": others.length === 2 && others.every(([, value]) => value === 0),
              },
            });
          },
        }),
        command(`# Time since last leadership change\n${expressions.sinceChange}`, {
          says: "Time since last leadership change",
          lookedAt: "its value for each pod, beside the time since the Lease's `acquireTime`",
          prove: async (walk) => {
            const { how, sinceChange, sinceAcquired } = await seeMetrics(walk);
            const values = Object.values(sinceChange);
            return judge({
              cameOut: `${shown(sinceChange)}; acquired ${readableTime(sinceAcquired * 1000)} ago (${how})`,
              checks: {
                "for all three": values.length === 3,
                "as the Lease has it": values.every((value) => Math.abs(value - sinceAcquired) < sameSeconds),
              },
            });
          },
        }),
        command(`# Current leader status (1 = leader, 0 = standby)\n${expressions.isLeader}`, {
          says: "Current leader status (1 = leader, 0 = standby)",
          lookedAt: "its value for each pod",
          prove: async (walk) => {
            const { how, leader, isLeader } = await seeMetrics(walk);
            const values = Object.values(isLeader).toSorted((one, other) => one - other);
            return judge({
              cameOut: `${shown(isLeader)} (${how})`,
              checks: { "1 for one": values.join() === "0,0,1", "it is the holder": isLeader[leader] === 1 },
            });
          },
        }),
      ],
    },
  ],
};
