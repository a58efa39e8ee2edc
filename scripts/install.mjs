// Brings the dependencies in, once, before `npm start` and `npm test`: on a fresh clone there is only the
// machine's own Node and npm. Plain JavaScript on purpose, since Node 20 runs this file. The Node that runs
// everything afterwards is itself one of the dependencies (node_modules/.bin/node).
import { spawnSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

/** Whether what npm noted as installed is what the lock file asks for. */
function isInstalled() {
  const installed = `${root}node_modules/.package-lock.json`;
  if (!existsSync(installed) || !existsSync(`${root}node_modules/.bin/node`)) return false;
  const wanted = JSON.parse(readFileSync(`${root}package-lock.json`, "utf8")).packages;
  const present = JSON.parse(readFileSync(installed, "utf8")).packages;
  return Object.entries(wanted).every(
    ([path, entry]) =>
      path === "" || (path in present ? present[path].version === entry.version : entry.optional === true),
  );
}

if (Number(process.versions.node.split(".")[0]) < 20) {
  console.error(`Node ${process.versions.node} is too old: 20 or newer is needed to install the rest.`);
  process.exit(1);
}
if (!isInstalled()) {
  console.error("Installing the dependencies (once, about a minute) …");
  const npm = process.env["npm_execpath"];
  const [command, first] = npm ? [process.execPath, [npm]] : ["npm", []];
  const run = spawnSync(command, [...first, "ci", "--ignore-scripts", "--loglevel=error"], {
    cwd: root,
    stdio: ["ignore", 2, 2],
  });
  if (run.status !== 0) {
    console.error(
      "npm ci failed: its message stands above. Is the package registry reachable, and the disk not full?",
    );
    process.exit(run.status ?? 1);
  }
}
