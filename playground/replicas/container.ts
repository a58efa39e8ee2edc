// One supervised process, kept running as the kubelet keeps a container: what ends comes back, soon at first and then
// less and less often, until it is told to end for good.
import { spawn, type ChildProcess } from "node:child_process";
import type { Clock } from "../../platform/clock.ts";
import { createLogBook, type LogBook } from "./log-book.ts";
import type { ProcessTable } from "./process-table.ts";

export interface ContainerOptions {
  readonly name: string;
  readonly command: readonly string[];
  /** All that the process gets to see of an environment. */
  readonly environment: Readonly<Record<string, string>>;
  readonly processes: ProcessTable;
  readonly clock: Clock;
  /** Called after every start and every end. */
  readonly onChange: () => void;
}

export interface Container {
  readonly name: string;
  /** null while it does not run. */
  pid(): number | null;
  isFrozen(): boolean;
  restarts(): number;
  /** When it last started, by the wall clock; 0 before. */
  startedWallMs(): number;
  /** Of the running process, and of the one before it. */
  log(): LogBook;
  previousLog(): LogBook | null;
  /** Starts it, and starts it again whenever it ends. */
  start(): void;
  /** SIGKILL: it comes back. */
  kill(): void;
  /** SIGSTOP and SIGCONT. */
  freeze(): void;
  thaw(): void;
  /** SIGTERM, and SIGKILL after `graceMs`: it does not come back. Resolves when it has ended. */
  terminate(graceMs: number): Promise<void>;
  /** SIGKILL, and it does not come back. Resolves when it has ended. */
  remove(): Promise<void>;
}

// The kubelet starts a container again at once, then after 10, 20, 40 s …; here with shorter steps, since people watch.
const restartMs = { first: 300, longest: 10_000 };
// Who ran this long has earned a quick restart again.
const healthyMs = 10_000;

/** What a process inherits of the playground's own environment: where programs are, and Node's cache of compiled code. */
export function inheritedEnvironment({
  searchPath,
  environment = {},
}: {
  readonly searchPath: string;
  readonly environment?: Readonly<Record<string, string | undefined>>;
}): Readonly<Record<string, string>> {
  const { NODE_COMPILE_CACHE: cache } = environment;
  return { PATH: searchPath, ...(cache === undefined ? {} : { NODE_COMPILE_CACHE: cache }) };
}

export function createContainer(options: ContainerOptions): Container {
  const { clock } = options;
  let child: ChildProcess | null = null;
  let book = createLogBook();
  let previous: LogBook | null = null;
  let starts = 0;
  let startedAt = clock.now();
  let startedWallMs = 0;
  let isWanted = false;
  let isFrozen = false;
  let delayMs = restartMs.first;
  let cancelRestart = (): void => {};
  let ended = Promise.resolve();

  function launch(): void {
    if (!isWanted) return;
    const [program, ...flags] = options.command as [string, ...string[]];
    if (starts > 0) [previous, book] = [book, createLogBook()];
    starts += 1;
    startedAt = clock.now();
    startedWallMs = startedAt.wallMs;
    const started = spawn(program, flags, {
      env: { ...options.environment },
      stdio: ["ignore", "pipe", "pipe"],
      // A group of its own: ctrl-C in the terminal is for the supervisor, which ends what it started in good order.
      detached: true,
    });
    child = started;
    options.processes.add(started);
    const { promise, resolve } = Promise.withResolvers<void>();
    ended = promise;
    record(started, book);
    started.once("error", (error) => book.write({ wallMs: clock.now().wallMs, text: String(error) }));
    started.once("close", () => {
      child = null;
      isFrozen = false;
      resolve();
      comeBack();
      options.onChange();
    });
    options.onChange();
  }

  function record(from: ChildProcess, to: LogBook): void {
    for (const stream of [from.stdout, from.stderr]) {
      let rest = "";
      stream?.setEncoding("utf8").on("data", (chunk: string) => {
        const parts = (rest + chunk).split("\n");
        // A line without an end is cut, so that it cannot grow for ever.
        rest = (parts.pop() ?? "").slice(0, 16_384);
        const { wallMs } = clock.now();
        for (const text of parts) to.write({ wallMs, text });
      });
    }
  }

  function comeBack(): void {
    if (!isWanted) return;
    if (clock.now().waitMs - startedAt.waitMs > healthyMs) delayMs = restartMs.first;
    cancelRestart = clock.schedule(delayMs, launch);
    delayMs = Math.min(restartMs.longest, delayMs * 2);
  }

  function signal(name: NodeJS.Signals): void {
    child?.kill(name);
  }

  function forget(): void {
    isWanted = false;
    cancelRestart();
  }

  async function remove(): Promise<void> {
    forget();
    signal("SIGKILL");
    await ended;
  }

  return {
    name: options.name,
    pid: () => child?.pid ?? null,
    isFrozen: () => isFrozen,
    restarts: () => Math.max(0, starts - 1),
    startedWallMs: () => startedWallMs,
    log: () => book,
    previousLog: () => previous,
    start() {
      isWanted = true;
      launch();
    },
    kill: () => signal("SIGKILL"),
    freeze() {
      if (child === null) return;
      isFrozen = true;
      signal("SIGSTOP");
      options.onChange();
    },
    thaw() {
      isFrozen = false;
      signal("SIGCONT");
      options.onChange();
    },
    async terminate(graceMs) {
      forget();
      signal("SIGCONT");
      signal("SIGTERM");
      const cancel = clock.schedule(graceMs, () => signal("SIGKILL"));
      await ended;
      cancel();
    },
    remove,
  };
}
