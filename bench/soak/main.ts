// `npm run soak`: wiring and lifecycle, nothing else.
import { parseArgs } from "node:util";
import packageJson from "../../package.json" with { type: "json" };
import { createSystemClock } from "../../platform/clock.ts";
import { onTermination } from "../../platform/signals.ts";
import { shell, withPrograms } from "../../test/node/programs.ts";
import { soak } from "./soak.ts";

const usualImage = `localhost/bindy/leader-sidecar:${packageJson.version}`;

const help = `npm run soak [-- options]: the sidecar's image under faults and a tight memory limit, on the cluster of KUBECONFIG

  --minutes N       how long faults are played (default 3)
  --image NAME      (default: ${usualImage}, the one of npm run images)
  --archive FILE    brought onto the nodes first, by the command in E2E_LOAD_IMAGE
  --namespace NAME  made by the soak, and removed at its end (default: bindy-soak)
  --memory LIMIT    of each sidecar (default: 64Mi)
  --help            this

Exit codes: 0 nothing was restarted and no two led, 1 something was, 2 wrong options, 130 interrupted.
`;

function readOptions(argv: string[]) {
  const text = { type: "string" } as const;
  const known = { minutes: text, image: text, archive: text, namespace: text, memory: text } as const;
  const { values } = parseArgs({
    args: argv,
    options: { ...known, help: { type: "boolean", short: "h" } },
    strict: true,
  });
  const { minutes = "3", namespace = "bindy-soak", memory = "64Mi" } = values;
  if (!/^\d{1,4}$/.test(minutes) || Number(minutes) < 1) {
    throw new TypeError(`--minutes is "${minutes}": it must be a whole number from 1 to 9999`);
  }
  const image = values.image ?? usualImage;
  const options = { minutes: Number(minutes), archive: values.archive, help: values.help === true };
  return { ...options, place: { namespace, image, memoryLimit: memory } };
}

async function main(argv: string[]): Promise<number> {
  const say = (message: string): void => void process.stderr.write(`${message}\n`);
  let options: ReturnType<typeof readOptions>;
  try {
    options = readOptions(argv);
  } catch (error) {
    say(`${(error as Error).message}\nnpm run soak -- --help lists the options.`);
    return 2;
  }
  if (options.help) {
    process.stdout.write(help);
    return 0;
  }
  if (!process.env["KUBECONFIG"]) {
    say("KUBECONFIG is not set: point it at a cluster that has a namespace to spare");
    return 2;
  }
  const environment = await withPrograms(process.env);
  const load = process.env["E2E_LOAD_IMAGE"];
  if (options.archive !== undefined) {
    if (!load) {
      say("--archive: E2E_LOAD_IMAGE does not say which command brings it onto the nodes");
      return 2;
    }
    await shell(`${load} '${options.archive}'`, environment, 600_000);
  }
  const stopping = new AbortController();
  onTermination(
    () => {
      say("Removing the namespace …");
      stopping.abort();
    },
    () => process.exit(130),
  );
  const clock = createSystemClock();
  try {
    const verdict = await soak({ ...options, environment, clock, signal: stopping.signal, say });
    process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`);
    return verdict.problems.length === 0 ? 0 : 1;
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    say((error as Error).stack ?? String(error));
    return 1;
  }
}

process.exitCode = await main(process.argv.slice(2));
