// `npm run explore`: wiring and lifecycle, nothing else.
import { onTermination } from "../../platform/signals.ts";
import { exploreHelp, listScopes, readExploreArguments, type ExploreArguments } from "./arguments.ts";
import { explore } from "./explore.ts";
import { printExploration, printProgress } from "./report.ts";

const reportMs = 1000;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

async function run(given: ExploreArguments): Promise<number> {
  switch (given.kind) {
    case "help":
      process.stdout.write(exploreHelp());
      return 0;
    case "list":
      process.stdout.write(listScopes());
      return 0;
    case "wrong":
      for (const problem of given.problems) say(problem);
      say("npm run explore -- --help says what there is.");
      return 2;
    case "explore":
      return await walk(given);
  }
}

async function walk({
  scope,
  mostDepth,
  mostStates,
  isJson,
}: ExploreArguments & { kind: "explore" }): Promise<number> {
  let isEnding = false;
  onTermination(
    () => {
      isEnding = true;
    },
    () => process.exit(130),
  );
  const startedMs = performance.now();
  const seconds = (): number => (performance.now() - startedMs) / 1000;
  let reportedMs = startedMs;
  const exploration = await explore({
    scope,
    mostDepth,
    mostStates,
    onProgress(reached) {
      if (performance.now() - reportedMs >= reportMs) {
        reportedMs = performance.now();
        say(printProgress(reached, seconds()));
      }
      return isEnding;
    },
  });
  process.stdout.write(
    isJson
      ? `${JSON.stringify({ scope, seconds: seconds(), ...exploration })}\n`
      : printExploration(scope, exploration, seconds()),
  );
  if (exploration.end === "broken") return 1;
  return exploration.end === "interrupted" ? 130 : 0;
}

process.exitCode = await run(readExploreArguments(process.argv.slice(2)));
