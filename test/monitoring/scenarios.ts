// Hours of a release, told pod by pod: what must be an alert, and what looks like one and is harmless.
import type { Pod } from "./scrapes.ts";
import type { Scenario } from "./promtool.ts";

/** [from, until, who], in seconds. */
type Term = readonly [number, number, string];
const always = Number.POSITIVE_INFINITY;
const renewalsPerS = 0.5;

/** A pod of an election with these terms. */
function candidate(name: string, tick: 0 | 1 | 2, terms: readonly Term[], more: Partial<Pod> = {}): Pod {
  const own = terms.filter(([, , who]) => who === name);
  const leads = (atS: number): boolean => own.some(([from, until]) => atS >= from && atS < until);
  const elections = (atS: number): number => own.filter(([from]) => from <= atS).length;
  return { name, tick, leads, elections, ...more };
}

function three(terms: readonly Term[], more: Partial<Pod> = {}): readonly Pod[] {
  return [candidate("a", 0, terms, more), candidate("b", 1, terms, more), candidate("c", 2, terms, more)];
}

/** Counts on while that is so. */
function counting(perS: number, isSo: (atS: number) => boolean): (atS: number) => number {
  return (atS) => {
    let count = 0;
    for (let second = 0; second < atS; second += 1) if (isSo(second)) count += perS;
    return Math.floor(count);
  };
}

const within = (from: number, until: number) => (atS: number) => atS >= from && atS < until;
const ledByA: readonly Term[] = [[0, always, "a"]];

/** Three pods are replaced one by one, time and again, and each of the old ones leads until it is told to end: the worst order. */
function rollouts(...starts: readonly number[]): readonly Pod[] {
  const born = [-always, ...starts];
  const names = born.map((_, at) => [`${at}a`, `${at}b`, `${at}c`]);
  const ends = (start = always): readonly number[] => [start + 20, start + 45, start + 70];
  let from = 0;
  const terms = names.flatMap((generation, at) =>
    generation.map((name, place): Term => {
      const term: Term = [from, ends(starts[at])[place] ?? always, name];
      from = term[1];
      return term;
    }),
  );
  return names.flatMap((generation, at) =>
    generation.map((name, place) =>
      candidate(name, ([0, 1, 2] as const)[place] ?? 0, terms, {
        fromS: Math.max(0, (born[at] ?? 0) + 25 * place),
        untilS: (ends(starts[at])[place] ?? always) + 1,
      }),
    ),
  );
}

const changing: readonly Term[] = Array.from({ length: 60 }, (_, at) => [
  at * 60,
  (at + 1) * 60,
  ["a", "b", "c"][at % 3] ?? "",
]);

const unanswered = (isSo: (atS: number) => boolean): Partial<Pod> => ({
  requests: {
    "200": counting(renewalsPerS, (atS) => !isSo(atS)),
    "0": counting(renewalsPerS, isSo),
  },
  failures: { ApiServerUnreachable: counting(renewalsPerS, isSo) },
});

/** As a standby asks: every ten minutes, and again and again where there is no answer. */
const quietly = (isUnanswered: (atS: number) => boolean): Pod["requests"] & object => ({
  "200": counting(1 / 600, () => true),
  "0": counting(renewalsPerS, isUnanswered),
});

/** What must fire, and nothing beside it. */
export const alarming: readonly Scenario[] = [
  { what: "all answer and none leads", pods: three([[0, 600, "a"]]), fires: ["BindyNoLeader"] },
  {
    what: "the leader's sidecar does not come back, and nobody takes over",
    pods: [candidate("a", 0, [[0, 600, "a"]], { isScraped: within(0, 600) }), candidate("b", 1, [])],
    fires: ["BindyLeaderUnknown"],
  },
  {
    what: "a sidecar comes and goes while nobody leads",
    pods: [
      candidate("a", 0, [], { isScraped: (atS) => Math.floor(atS / 90) % 2 === 0 }),
      candidate("b", 1, []),
    ],
    fires: ["BindyLeaderUnknown"],
  },
  {
    what: "no sidecar answers any more",
    pods: three([[0, 600, "a"]], { isScraped: within(0, 600) }),
    fires: ["BindyLeaderUnknown"],
  },
  {
    what: "two lead",
    pods: [...three(ledByA), candidate("d", 1, [[600, always, "d"]])],
    fires: ["BindyTwoLeaders"],
  },
  {
    what: "pods of two releases on one lease lead",
    pods: [
      candidate("a", 0, ledByA),
      candidate("d", 1, [[0, always, "d"]], { app: "other", namespace: "other" }),
    ],
    fires: ["BindyTwoLeaders"],
  },
  {
    what: "the leader changes every minute",
    pods: three(changing),
    fires: ["BindyLeaderFlapping"],
  },
  {
    what: "a standby may not read the lease",
    pods: [
      candidate("a", 0, ledByA),
      candidate("b", 1, [], { failures: { Forbidden: counting(renewalsPerS, within(600, always)) } }),
    ],
    fires: ["BindyRenewalsFailing"],
  },
  {
    what: "an operator does not ask",
    pods: [candidate("a", 0, ledByA), candidate("b", 1, [], { isPresent: within(0, 600) })],
    fires: ["BindyOperatorAbsent"],
  },
  {
    what: "an operator crashes whenever it has begun",
    pods: [candidate("a", 0, ledByA), candidate("b", 1, [], { isPresent: (atS) => atS % 300 < 60 })],
    fires: ["BindyOperatorAbsent"],
  },
  {
    what: "the API server does not answer one pod",
    pods: [candidate("a", 0, ledByA), candidate("b", 1, [], unanswered(within(600, always)))],
    fires: ["BindyApiServerUnreachable", "BindyRenewalsFailing"],
  },
  {
    what: "the API server answers nobody",
    pods: three([[0, 610, "a"]], unanswered(within(600, always))),
    fires: ["BindyApiServerUnreachable", "BindyNoLeader", "BindyRenewalsFailing"],
  },
];

/** What must not fire. */
export const harmless: readonly Scenario[] = [
  {
    what: "a quiet hour",
    pods: three(
      ledByA,
      unanswered(() => false),
    ),
  },
  { what: "a rollout in which every old pod leads once", pods: rollouts(600) },
  { what: "one rollout behind the other", pods: rollouts(600, 720) },
  {
    what: "an operator that elects by itself as well, under the metric of the same name",
    pods: [...three(ledByA), candidate("b", 1, [[0, always, "b"]], { endpoint: "metrics" })],
  },
  {
    what: "a new pod never gets its operator, and is deleted",
    pods: [...three(ledByA), candidate("d", 1, [], { fromS: 600, untilS: 780, isPresent: () => false })],
  },
  {
    what: "a standby, which else asks nothing, gets no answer for a minute",
    pods: [
      candidate("a", 0, ledByA),
      candidate("b", 1, [], { ...unanswered(within(600, 660)), requests: quietly(within(600, 660)) }),
    ],
  },
  {
    what: "a hand-over in a quarter of a second, which the scrapes of both pods enclose",
    pods: three([
      [0, 600.5, "a"],
      [600.75, always, "b"],
    ]),
  },
  {
    what: "the leader vanishes a moment after it was scraped, and another leads at once",
    pods: [candidate("a", 0, [[0, 601, "a"]], { untilS: 601 }), candidate("b", 1, [[601, always, "b"]])],
  },
  {
    what: "a fail-over of 20 s",
    pods: three([
      [0, 600, "a"],
      [620, always, "b"],
    ]),
  },
  {
    what: "a fail-over for which nothing is left of the leader",
    pods: [
      candidate("a", 0, [[0, 600, "a"]], { untilS: 601 }),
      candidate("b", 1, [[620, always, "b"]]),
      candidate("c", 2, []),
    ],
  },
  {
    what: "a node that is gone, with its pod still listed, and another leads",
    pods: [
      candidate("a", 0, [[0, 600, "a"]], { isScraped: within(0, 600) }),
      candidate("b", 1, [[620, always, "b"]]),
    ],
  },
  { what: "scaled to nothing", pods: three([[0, 600, "a"]], { untilS: 600 }) },
  {
    what: "scaled up from nothing, the operators taking a minute",
    pods: three([[660, always, "b"]], { fromS: 600, isPresent: within(660, always) }),
  },
  {
    what: "the leader cannot be scraped for five minutes",
    pods: [
      candidate("a", 0, ledByA, { isScraped: (atS) => atS < 600 || atS > 900 }),
      candidate("b", 1, []),
      candidate("c", 2, []),
    ],
  },
  {
    what: "nothing can be scraped for five minutes",
    pods: three(ledByA, { isScraped: (atS) => atS < 600 || atS > 900 }),
  },
  {
    what: "a standby cannot be scraped for good: who leads is known",
    pods: [candidate("a", 0, ledByA), candidate("b", 1, [], { isScraped: () => false })],
  },
  {
    what: "an API server away for a minute: the leader stops, and gets its lease back",
    pods: three(
      [
        [0, 610, "a"],
        [662, always, "a"],
      ],
      unanswered(within(600, 660)),
    ),
  },
  {
    what: "a pod that gets no answer for seven minutes is replaced",
    pods: [
      candidate("a", 0, ledByA),
      candidate("b", 1, [], {
        untilS: 1020,
        ...unanswered(within(600, 1020)),
        requests: quietly(within(600, 1020)),
      }),
      candidate("c", 1, [], { fromS: 1020 }),
    ],
  },
  {
    what: "an operator that starts again, and takes a minute",
    pods: [
      candidate("a", 0, [[0, 600, "a"]], { isPresent: (atS) => !within(600, 660)(atS) }),
      candidate("b", 1, [[600.1, always, "b"]]),
    ],
  },
  {
    what: "a single replica without election",
    pods: [candidate("a", 0, ledByA, { lease: null, elections: () => 0 })],
  },
  {
    what: "a replica without election beside the release, and its lease of the same name in another namespace",
    pods: [
      ...three(ledByA),
      candidate("d", 1, [[0, always, "d"]], { app: "other", lease: null }),
      candidate("e", 2, [[0, always, "e"]], { namespace: "other", lease: "other/bindy-leader" }),
    ],
  },
  {
    what: "another release in the namespace, on a lease of its own, is in every kind of trouble",
    pods: [
      ...three(ledByA),
      ...three([], {
        app: "other",
        lease: "dns-system/other-leader",
        isPresent: () => false,
        ...unanswered(() => true),
      }).map((pod) => ({ ...pod, name: `other-${pod.name}` })),
    ],
  },
  {
    what: "the pods of another release lead on the same lease",
    pods: [...three([]), candidate("d", 1, [[0, always, "d"]], { app: "other", namespace: "other" })],
  },
];
