// What README and docs print works as printed: their commands run, and their tables say what the code says.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { existsSync, globSync, readFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";
import { parse } from "yaml";
import { variables } from "../sidecar/config.ts";
import { reasons } from "../contract/reasons.ts";
import { readExploreArguments } from "./exploration/arguments.ts";
import { beyond, found, ownBugs } from "./exploration/found-bugs.ts";
import { scopes } from "./exploration/scopes.ts";
import { bugs } from "./planting/bugs.ts";
import { conversationBugs } from "./planting/conversation-bugs.ts";
import { bugOfRule } from "./planting/rules.ts";
import { wireBugs } from "./planting/wire-bugs.ts";
import { readSimulateArguments } from "./simulation/campaign/arguments.ts";
import { eventually } from "./kit/eventually.ts";
import { needsProgram } from "./kit/needed-program.ts";
import { ports } from "./kit/ports.ts";
import { startSidecar, type Sidecar } from "./kit/sidecar.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const readme = readFileSync(join(root, "README.md"), "utf8");
const leaderPage = readFileSync(join(root, "docs/leader.md"), "utf8");
const contractPage = readFileSync(join(root, "docs/leader-contract.md"), "utf8");
const installPage = readFileSync(join(root, "docs/install.md"), "utf8");
const safetyPage = readFileSync(join(root, "docs/safety.md"), "utf8");

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n(.*?)^\`\`\``, "gms"))].map(
    (match) => match[1] ?? "",
  );
}

let sidecar: Sidecar;
let port = 0;

before(async () => {
  port = await ports.find(24_040);
  sidecar = startSidecar({
    ...(process.env as Record<string, string>),
    LEADER_PORT: String(port),
    HEALTH_PORT: String(await ports.find(24_081)),
    POD_NAME: "docs",
    ENABLE_LEADER_ELECTION: "false",
  });
  await eventually(() => sidecar.output().includes("Listening"), "the sidecar listens", {
    seen: sidecar.output,
  });
});

after(() => sidecar.child.kill("SIGKILL"));

test("docs/errors.md is what the catalogues in the code say", () => {
  const check = spawnSync(process.execPath, [join(root, "scripts/errors.ts"), "--check"], {
    encoding: "utf8",
  });
  assert.equal(check.status, 0, check.stderr);
});

test("the README's commands to ask run as printed", (context) => {
  if (!needsProgram(context, "curl", "curl")) return;
  const commands = blocks(readme, "sh")
    .flatMap((block) => block.trim().split("\n"))
    .filter((line) => line.startsWith("curl"));
  assert.ok(commands.length >= 2);
  for (const command of commands) {
    const run = spawnSync("sh", ["-c", command.replaceAll(":4040", `:${port}`)], { encoding: "utf8" });
    assert.equal(run.status, 0, `${command}: ${run.stderr}`);
    assert.match(run.stdout, /isLeader|leads/);
  }
});

test("the contract's commands run as printed: the plain way, and both ways of the conformance program", async (context) => {
  const commands = blocks(contractPage, "sh").flatMap((block) => block.trim().split("\n"));
  assert.deepEqual(
    commands.map((command) => command.split(" ")[0]),
    ["curl", "npm", "npm"],
  );
  for (const command of commands) {
    // Whole runs of it are in conformance/: here one check of each kind is enough.
    const isGate = command.includes("--gate");
    const few = command.startsWith("npm") ? ` --only ${isGate ? "'stays closed'" : "no-store"}` : "";
    await context.test(command, (one) => {
      const program = isGate ? "python3" : command.startsWith("curl") ? "curl" : "npm";
      if (!needsProgram(one, program, program)) return;
      const run = spawnSync("sh", ["-c", command.replaceAll(":4040", `:${port}`) + few], {
        cwd: root,
        encoding: "utf8",
      });
      assert.equal(run.status, 0, `${command}: ${run.stdout}${run.stderr}`);
      assert.match(run.stdout, /this pod leads|^1 ok, 0 wrong/m);
    });
  }
});

test("the README's other commands are the two that everybody needs, both of them scripts, and Helm's", () => {
  const others = blocks(readme, "sh")
    .flatMap((block) => block.trim().split("\n"))
    .filter((line) => !line.startsWith("curl"));
  // Helm's is run by test/node/install.e2e.ts, and so are those of docs/install.md.
  const install = "helm install bindy charts/bindy --namespace dns-system --create-namespace";
  assert.deepEqual(others, ["npm start", "npm test", install]);
  const { scripts } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as {
    scripts: Record<string, string>;
  };
  for (const name of [
    ...`${readme}${leaderPage}${contractPage}${installPage}${safetyPage}`.matchAll(/`npm run ([a-z]+)/g),
  ].map((match) => match[1] ?? "")) {
    assert.ok(name in scripts, `npm run ${name}`);
  }
});

test("the README's pod sets variables that exist", () => {
  const [manifest = ""] = blocks(readme, "yaml");
  const pod = parse(manifest) as { spec: { initContainers: { env: { name: string }[] }[] } };
  const names = pod.spec.initContainers.flatMap(({ env }) => env.map(({ name }) => name));
  assert.ok(names.length > 0);
  for (const name of names)
    assert.ok(
      variables.some(({ variable }) => variable === name),
      name,
    );
});

test("docs/leader.md lists every setting with its default, and every reason", () => {
  for (const { variable: name, fallback, fallbackText } of variables) {
    assert.ok(leaderPage.includes(`\`${name}\``), name);
    assert.ok(leaderPage.includes(`| ${fallbackText ?? fallback} |`), `${name}: ${fallbackText ?? fallback}`);
  }
  for (const reason of Object.keys(reasons)) assert.ok(leaderPage.includes(reason), reason);
});

test("docs/install.md lists values that the chart has, with their defaults", () => {
  const values = parse(readFileSync(join(root, "charts/bindy/values.yaml"), "utf8")) as unknown;
  const rows = [...installPage.matchAll(/^\| `([a-zA-Z0-9.]+)` \| ([^|]+) \|/gm)];
  assert.ok(rows.length >= 10);
  for (const [, path = "", printed] of rows) {
    const value = path.split(".").reduce<unknown>((at, key) => (at as Record<string, unknown>)[key], values);
    assert.notEqual(value, undefined, path);
    if (value !== "") assert.equal(printed, String(value), path);
  }
});

test("docs/safety.md: its commands are understood, its first one runs, and its tables say what the code says", () => {
  const commands = blocks(safetyPage, "sh").flatMap((block) => block.trim().split("\n"));
  assert.ok(commands.length >= 3);
  for (const command of commands) {
    const [, , , , ...args] = command.split(" ");
    assert.match(command, /^npm run (simulate|explore) -- --/);
    if (command.startsWith("npm run explore")) {
      assert.equal(readExploreArguments(args).kind, "explore", command);
    } else {
      assert.match(readSimulateArguments(args, 1).kind, /^(replay|campaign)$/, command);
    }
  }
  const args = (commands[0] ?? "").split(" ").slice(4);
  const run = spawnSync(process.execPath, [join(root, "test/simulation/main.ts"), ...args], {
    encoding: "utf8",
  });
  assert.equal(run.status, 0, run.stderr);
  assert.match(run.stdout, /Every invariant held/);
  for (const { what } of [...bugs, ...ownBugs, ...conversationBugs]) {
    const [scope = "", moves = 0, invariant = ""] = found[what] ?? [];
    const row = safetyPage.split("\n").find((line) => line.startsWith(`| ${what} | `)) ?? "";
    const explored = beyond.includes(what) ? "| – |" : `| \`${scope}\`, ${moves} moves, ${invariant} |`;
    assert.ok(row.endsWith(explored), `${what} has a row that ends with ${explored}`);
  }
  const planted = new Set([...bugs, ...ownBugs, ...conversationBugs, ...wireBugs].map(({ what }) => what));
  const rulesOfSafety =
    /## Rule by rule\n\n.*\n.*\n((?:\|.*\n)*)/.exec(safetyPage)?.[1]?.trim().split("\n") ?? [];
  assert.ok(rulesOfSafety.length > 10, "the rules of safety have a table");
  for (const row of rulesOfSafety) {
    for (const what of row.split(" | ").at(-1)?.replace(/ \|$/, "").split("; ") ?? []) {
      assert.ok(planted.has(what), `${what}: a bug that is planted`);
    }
  }
  for (const [rule, what] of Object.entries(bugOfRule)) {
    const wireBug = wireBugs.find((one) => one.what === what);
    const bug = wireBug ?? [...bugs, ...conversationBugs].find((one) => one.what === what);
    const row = safetyPage.split("\n").find((line) => line.startsWith(`| ${rule} | `)) ?? "";
    assert.ok(
      bug !== undefined && row.startsWith(`| ${rule} | ${what} | \`${bug.file}\` | `),
      `${rule}: ${what}`,
    );
    if (wireBug !== undefined) assert.ok(row.endsWith(`| \`${wireBug.test}\` |`), `${rule} names its tests`);
  }
  for (const { name } of scopes) assert.ok(safetyPage.includes(`\n| \`${name}\` | `), `${name} has a row`);
  for (const file of globSync("test/model/invariants/*.ts", { cwd: root })) {
    if (/finding|\.test\.ts$/.test(file)) continue;
    assert.ok(safetyPage.includes(`\`${basename(file)}\``), file);
  }
});

test("links between pages lead somewhere", () => {
  const pages = ["README.md", "CONTRIBUTING.md", ...globSync("docs/**/*.md", { cwd: root })];
  for (const page of pages) {
    const text = readFileSync(join(root, page), "utf8");
    for (const [, target = ""] of text.matchAll(/\]\(([^)#]+)\)/g)) {
      if (/^https?:/.test(target)) continue;
      assert.ok(existsSync(join(root, dirname(page), target)), `${page} leads to ${target}`);
    }
  }
});
