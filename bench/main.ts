// `npm run bench`: wiring and lifecycle, nothing else. Every figure that is quoted anywhere comes from here.
import { onTermination } from "../platform/signals.ts";
import { createProcessTable } from "../playground/replicas/process-table.ts";
import { benchHelp, readBenchArguments, type BenchSettings } from "./arguments.ts";
import { benchOperator } from "./operator/operator-bench.ts";
import { benchPlayground } from "./playground-bench.ts";
import { benchStartUp } from "./start-up-bench.ts";
import { publish } from "./side-by-side/publish.ts";
import { benchSideBySide } from "./side-by-side/side-by-side.ts";

async function run(settings: BenchSettings): Promise<number> {
  const stopping = new AbortController();
  const processes = createProcessTable();
  onTermination(
    () => {
      process.stderr.write("Ending everything …\n");
      stopping.abort();
    },
    () => {
      processes.killAll();
      process.exit(130);
    },
  );
  const shared = { processes, signal: stopping.signal };
  try {
    for (const name of settings.benches) {
      if (name === "playground") {
        const searchPath = process.env["PATH"] ?? "";
        await benchPlayground({ ...shared, isQuick: settings.isQuick, searchPath });
      } else if (name === "side-by-side") {
        await benchSideBySide({ ...shared, settings, environment: process.env });
      } else if (name === "start-up") {
        await benchStartUp({ ...shared, isQuick: settings.isQuick });
      } else if (name === "operator") {
        await benchOperator({ ...shared, ...settings, environment: process.env });
      } else {
        publish();
      }
    }
    return 0;
  } catch (error) {
    if (stopping.signal.aborted) return 130;
    process.stderr.write(`${(error as Error).stack ?? String(error)}\n`);
    return 1;
  }
}

const given = readBenchArguments(process.argv.slice(2));
if (given.kind === "help") {
  process.stdout.write(benchHelp);
} else if (given.kind === "wrong") {
  process.stderr.write(`${given.problems.join("\n")}\nnpm run bench -- --help says what there is.\n`);
  process.exitCode = 2;
} else {
  // Undici's idle sockets must not keep the process.
  process.exit(await run(given.settings));
}
