// `npm start`: wiring and lifecycle, nothing else.
import { createSystemClock } from "../platform/clock.ts";
import { createLog } from "../platform/log.ts";
import { createSystemRandom } from "../platform/random.ts";
import { onTermination } from "../platform/signals.ts";
import { createDashboardServer } from "./dashboard/server.ts";
import { narrate, welcome, type Terminal } from "./dashboard/terminal.ts";
import { playgroundHelp, readPlaygroundArguments, type PlaygroundOptions } from "./options.ts";
import { startPlayground, type Playground } from "./playground.ts";
import { createProcessTable } from "./replicas/process-table.ts";

const clock = createSystemClock();
const random = createSystemRandom();
const firstLookMs = 50;

async function run(options: PlaygroundOptions): Promise<void> {
  const terminal: Terminal = { write: (text) => process.stdout.write(text), isPlain: options.isPlain };
  const progress = (message: string): void => terminal.write(`${message} …\n`);
  const log = createLog("warn", { program: "playground" });
  const asked = new AbortController();
  const processes = createProcessTable();
  // Asked while it still starts, it ends as soon as it can end in good order; asked twice, at once.
  onTermination(
    () => asked.abort(),
    () => {
      processes.killAll();
      process.exit(130);
    },
  );
  const playground = await startPlayground(options, {
    processes,
    clock,
    random,
    log,
    progress,
    searchPath: process.env["PATH"] ?? "",
    environment: process.env,
  });
  try {
    const server = createDashboardServer(playground, clock);
    const port = await playground.ports.find(options.port);
    if (port !== options.port) terminal.write(`Port ${options.port} is busy: the page is on ${port}\n`);
    const pageUrl = `${await server.listen({ host: "127.0.0.1", port })}/`;
    const stopTelling = narrate(playground, clock, terminal);
    const leaderPort = await firstLeaderPort(playground, asked.signal);
    const isOwnCluster = options.kubeconfig === null;
    terminal.write(welcome(playground, { pageUrl, leaderPort, isOwnCluster }, terminal));
    while (!asked.signal.aborted) await clock.sleep(3_600_000, asked.signal);
    stopTelling();
    terminal.write("\nEnding everything …\n");
    await server.close();
  } finally {
    await playground.close();
  }
  terminal.write("Nothing is left running.\n");
}

/** The port of the first replica that is there: 4040, unless that was busy. */
async function firstLeaderPort(playground: Playground, signal: AbortSignal): Promise<number> {
  while (!signal.aborted) {
    const [first] = (await playground.state()).replicas;
    if (first !== undefined) return first.ports.leader;
    await clock.sleep(firstLookMs, signal);
  }
  return 0;
}

const given = readPlaygroundArguments(process.argv.slice(2), process.stdout.isTTY);
if (given.kind === "help") {
  process.stdout.write(playgroundHelp);
} else if (given.kind === "wrong") {
  process.stderr.write(`${given.problems.join("\n")}\nnpm start -- --help says what there is.\n`);
  process.exitCode = 2;
} else {
  try {
    await run(given.options);
    // Undici's and the server's idle sockets must not keep the process.
    process.exit(0);
  } catch (error) {
    const { message, cause } = error as Error;
    process.stderr.write(
      `The playground cannot run: ${message}${cause ? ` (${(cause as Error).message})` : ""}\n`,
    );
    process.exit(1);
  }
}
