// What a stranger does who has just cloned the project, by the README's two commands: starts the playground, sees who leads,
// kills its operator, sees another one lead, changes a record and asks for it, presses ctrl-C, finds nothing left; and then
// runs the tests. Plain JavaScript without dependencies, since nothing is installed yet: `node scripts/stranger.mjs`. With
// `--start` it leaves the tests out. The exit code is 0 if all of it went well.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));
// The first start installs the dependencies.
const installLimitMs = 600_000;
const limitMs = 60_000;
const askMs = 5000;
const lookMs = 50;
const newAddress = "192.0.2.77";

const say = (text) => process.stdout.write(`stranger: ${text}\n`);

/**
 * Looks until something is `found`, which it returns, or it is `hopeless`. What was seen last is told if it never comes; an error
 * is something seen, too.
 */
async function until(what, withinMs, look) {
  const endMs = performance.now() + withinMs;
  for (;;) {
    const { found, hopeless, ...seen } = await lookOrError(look);
    if (hopeless) throw new Error(`${what} will not come: ${hopeless}`);
    if (found) return found;
    if (performance.now() > endMs)
      throw new Error(`${what}: not within ${withinMs / 1000} s; last seen: ${JSON.stringify(seen)}`);
    await sleep(lookMs);
  }
}

async function lookOrError(look) {
  try {
    return await look();
  } catch (error) {
    return { error: String(error.cause ?? error) };
  }
}

async function call(page, method, path, body) {
  const answer = await fetch(`${page}api/${path}`, {
    method,
    signal: AbortSignal.timeout(askMs),
    ...(body === undefined
      ? {}
      : { body: JSON.stringify(body), headers: { "content-type": "application/json" } }),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text}`);
  return JSON.parse(text);
}

/** The processes that the playground has started: their environment or their arguments lead to its folder. Linux alone. */
function processesOf(folder) {
  if (!existsSync("/proc/self/environ")) return [];
  return readdirSync("/proc").filter((name) => {
    try {
      if (!/^\d+$/.test(name)) return false;
      return ["environ", "cmdline"].some((file) =>
        readFileSync(`/proc/${name}/${file}`, "utf8").includes(folder),
      );
    } catch {
      return false; // it ended meanwhile, or is somebody else's
    }
  });
}

async function visitPlayground() {
  const folder = mkdtempSync(join(tmpdir(), "bindy-stranger-"));
  // A group of its own, which ctrl-C in a terminal would reach as a whole.
  const child = spawn("npm", ["start", "--", "--plain"], {
    cwd: root,
    env: { ...process.env, TMPDIR: folder },
    stdio: ["ignore", "pipe", "pipe"],
    detached: true,
  });
  let output = "";
  let ended = null;
  for (const stream of [child.stdout, child.stderr]) {
    stream.setEncoding("utf8").on("data", (text) => {
      output += text;
      process.stdout.write(text);
    });
  }
  child.once("error", (error) => (ended = String(error)));
  child.once("close", (code, signal) => (ended = String(code ?? signal)));
  const said = (pattern) => {
    const hopeless = ended === null ? null : `npm start has ended with ${ended}`;
    const found = pattern.exec(output);
    return { found, hopeless: found === null && hopeless, output: output.slice(-500) };
  };
  try {
    const [, page] = await until("the page", installLimitMs, () => said(/The page: +(http:\S+)/));
    const [, former] = await until("a leader", limitMs, () => said(/ (\S+) leads, fencing token/));
    say(`${former} leads; its operator is killed`);
    await call(page, "POST", `replicas/${former}/kill-operator`);
    const next = await until("the next leader", limitMs, async () => {
      const { replicas } = await call(page, "GET", "state");
      return { found: replicas.find(({ leader, name }) => leader && name !== former)?.name, replicas };
    });
    say(`${next} leads now; www.example.com gets another address`);
    await call(page, "PUT", "record", { address: newAddress });
    await until(`the answer ${newAddress}`, limitMs, async () => {
      const answer = await call(page, "GET", "query?name=www.example.com");
      return { found: answer.addresses.includes(newAddress), answer };
    });
    const { nameServer, advice } = await call(page, "GET", "state");
    if (nameServer.isStandIn && !output.includes(advice)) throw new Error(`it is not said that ${advice}`);
    say(`the name server answers ${newAddress}; ctrl-C`);
    process.kill(-Number(child.pid), "SIGINT");
    await until("its end", limitMs, () => ({ found: ended, output: output.slice(-500) }));
    if (!output.includes("Nothing is left running.")) throw new Error("it did not say that nothing is left");
    // What it ended needs a moment to be gone from the table of processes.
    await until("no process left", limitMs, () => {
      const left = processesOf(folder);
      return { found: left.length === 0, left };
    });
    const files = readdirSync(folder);
    if (files.length > 0) throw new Error(`files are left: ${files.join(", ")}`);
    say("neither a process nor a file is left");
  } finally {
    if (ended === null) process.kill(-Number(child.pid), "SIGKILL");
    for (const pid of processesOf(folder)) if (Number(pid) !== process.pid) end(Number(pid));
    rmSync(folder, { recursive: true, force: true });
  }
}

function end(pid) {
  try {
    process.kill(pid, "SIGKILL");
  } catch (error) {
    if (error.code !== "ESRCH") throw error;
  }
}

async function runTests() {
  const child = spawn("npm", ["test"], { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  const code = await new Promise((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (code !== 0) throw new Error(`npm test has ended with ${code}`);
}

try {
  await visitPlayground();
  if (!process.argv.includes("--start")) await runTests();
  say("all of it went well");
} catch (error) {
  say(`it went wrong: ${error.message}`);
  process.exitCode = 1;
}
