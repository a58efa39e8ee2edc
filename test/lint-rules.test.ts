// Each import rule and each ban of the linter fires on code that breaks it. A rule that checks nothing looks exactly like
// a house in order.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, before, test } from "node:test";
import { fileURLToPath } from "node:url";

const root = fileURLToPath(new URL("..", import.meta.url));

interface Case {
  readonly what: string;
  readonly path: string;
  readonly code: string;
  /** null: this code is in order. */
  readonly rule: string | null;
}

const imports = "eslint(no-restricted-imports)";
const properties = "eslint(no-restricted-properties)";
const globals = "eslint(no-restricted-globals)";

const length = "house(function-length)";

/** So many statements, a line each. */
function statements(count: number): string {
  return Array.from({ length: count }, (_, index) => `  take(${index});`).join("\n");
}

const take = "const take = (value: number): void => void value;";

const cases: readonly Case[] = [
  {
    what: "the election imports Node",
    path: "sidecar/election/a.ts",
    code: 'import { x } from "node:fs";\nx();',
    rule: imports,
  },
  {
    what: "the election imports a package",
    path: "sidecar/election/b.ts",
    code: 'import { x } from "undici";\nx();',
    rule: imports,
  },
  {
    what: "the election imports the driver",
    path: "sidecar/election/c.ts",
    code: 'import { x } from "../elector.ts";\nx();',
    rule: imports,
  },
  {
    what: "the election imports a type",
    path: "sidecar/election/d.ts",
    code: 'import type { X } from "../../platform/clock.ts";\nexport const x: X | null = null;',
    rule: null,
  },
  {
    what: "the election imports what a broken invariant throws",
    path: "sidecar/election/e.ts",
    code: 'import { insistOn } from "../../platform/broken-invariant.ts";\ninsistOn("x");',
    rule: null,
  },
  {
    what: "the election imports another module of the platform",
    path: "sidecar/election/f.ts",
    code: 'import { x } from "../../platform/troubles.ts";\nx();',
    rule: imports,
  },
  {
    what: "the zone compiler imports Node",
    path: "operator/bind9/a.ts",
    code: 'import { x } from "node:fs";\nx();',
    rule: imports,
  },
  {
    what: "the stand-in's answers import the library that writes messages",
    path: "playground/stand-in/zone/a.ts",
    code: 'import { encode } from "dns-packet";\nencode({});',
    rule: imports,
  },
  {
    what: "the gate imports undici",
    path: "gate/promise.ts",
    code: 'import { x } from "undici";\nx();',
    rule: imports,
  },
  {
    what: "the gate imports a module of the platform",
    path: "gate/assertions.ts",
    code: 'import { x } from "../platform/troubles.ts";\nx();',
    rule: imports,
  },
  {
    what: "the gate's conversation imports its driver",
    path: "gate/conversation.ts",
    code: 'import { x } from "./follow.ts";\nimport { isOpen } from "./promise.ts";\nx(isOpen);',
    rule: imports,
  },
  {
    what: "the sidecar's half of the conversation imports its driver",
    path: "sidecar/gate-role.ts",
    code: 'import { x } from "./http/gate-keeper.ts";\nx();',
    rule: imports,
  },
  {
    what: "the gate imports the sidecar",
    path: "gate/a.ts",
    code: 'import { x } from "../sidecar/config.ts";\nx();',
    rule: imports,
  },
  {
    what: "a unit test imports the simulation",
    path: "sidecar/election/g.test.ts",
    code: 'import { x } from "../../test/simulation/world.ts";\nx();',
    rule: imports,
  },
  {
    what: "a unit test imports the tests' kit",
    path: "sidecar/election/h.test.ts",
    code: 'import { x } from "../../test/kit/ports.ts";\nimport { y } from "../../test/model/lease-store.ts";\nx(y);',
    rule: null,
  },
  {
    what: "the sidecar imports the gate",
    path: "sidecar/http/a.ts",
    code: 'import { x } from "../../gate/promise.ts";\nx();',
    rule: imports,
  },
  {
    what: "the sidecar imports the contract",
    path: "sidecar/http/b.ts",
    code: 'import { x } from "../../contract/answer.ts";\nx();',
    rule: null,
  },
  {
    what: "the contract imports the sidecar",
    path: "contract/a.ts",
    code: 'import { x } from "../sidecar/config.ts";\nx();',
    rule: imports,
  },
  {
    what: "a function of 71 lines",
    path: "operator/g.ts",
    code: `${take}\nexport function long(): void {\n${statements(69)}\n}`,
    rule: length,
  },
  {
    what: "a function of 70 lines, blank ones and comments apart",
    path: "operator/h.ts",
    code: `${take}\nexport function fit(): void {\n  // why\n\n${statements(68)}\n}`,
    rule: null,
  },
  {
    what: "a factory of two functions of 60 lines",
    path: "operator/i.ts",
    code: `${take}\nexport const create = () => {\n  function one(): void {\n${statements(58)}\n  }\n  const two = (): void => {\n${statements(58)}\n  };\n  return { one, two };\n};`,
    rule: null,
  },
  {
    what: "a factory of a function of 71 lines",
    path: "operator/j.ts",
    code: `${take}\nexport const create = () => {\n  const one = (): void => {\n${statements(69)}\n  };\n  return { one };\n};`,
    rule: length,
  },
  {
    what: "a function of 71 lines beside a function in it",
    path: "operator/k.ts",
    code: `${take}\nexport function long(): void {\n${statements(66)}\n  const one = (): void => {\n    take(1);\n  };\n  one();\n  one();\n}`,
    rule: length,
  },
  {
    what: "the embedded API server imports the operator",
    path: "api-server/wire/a.ts",
    code: 'import { x } from "../../operator/resources/definitions.ts";\nx();',
    rule: imports,
  },
  {
    what: "the operator imports the library of CEL",
    path: "operator/f.ts",
    code: 'import { x } from "@marcbachmann/cel-js";\nx();',
    rule: imports,
  },
  {
    what: "the playground imports the patterns of CEL",
    path: "playground/b.ts",
    code: 'import { x } from "re2js";\nx();',
    rule: imports,
  },
  {
    what: "the embedded API server imports the library of CEL",
    path: "api-server/cel/a.ts",
    code: 'import { x } from "@marcbachmann/cel-js";\nx();',
    rule: null,
  },
  {
    what: "the way to the API server imports the sidecar",
    path: "kubernetes/a.ts",
    code: 'import { x } from "../sidecar/elector.ts";\nx();',
    rule: imports,
  },
  {
    what: "the way to the API server imports the clock",
    path: "kubernetes/b.ts",
    code: 'import { x } from "../platform/clock.ts";\nx();',
    rule: null,
  },
  {
    what: "the sidecar imports the operator",
    path: "sidecar/a.ts",
    code: 'import { x } from "../operator/operator.ts";\nx();',
    rule: imports,
  },
  {
    what: "the operator imports the elector",
    path: "operator/a.ts",
    code: 'import { x } from "../sidecar/elector.ts";\nx();',
    rule: imports,
  },
  {
    what: "the operator imports the contract",
    path: "operator/b.ts",
    code: 'import { x } from "../contract/answer.ts";\nx();',
    rule: null,
  },
  {
    what: "the operator imports its playground",
    path: "operator/c.ts",
    code: 'import { x } from "../playground/options.ts";\nx();',
    rule: imports,
  },
  {
    what: "the controller runtime imports BIND",
    path: "operator/controller/a.ts",
    code: 'import { x } from "../bind9/serial.ts";\nx();',
    rule: imports,
  },
  {
    what: "platform imports ours",
    path: "platform/a.ts",
    code: 'import { x } from "../sidecar/config.ts";\nx();',
    rule: imports,
  },
  {
    what: "the health port knows a program",
    path: "health/a.ts",
    code: 'import { x } from "../sidecar/config.ts";\nx();',
    rule: imports,
  },
  {
    what: "the health port takes a clock",
    path: "health/b.ts",
    code: 'import { x } from "../platform/clock.ts";\nx();',
    rule: null,
  },
  {
    what: "the page imports Node",
    path: "playground/page/a.js",
    code: 'import { x } from "node:fs";\nx();',
    rule: imports,
  },
  {
    what: "the page sets a timer, since a browser is its clock",
    path: "playground/page/b.js",
    code: "setTimeout(() => {}, 1);",
    rule: null,
  },
  {
    what: "somebody imports a main.ts",
    path: "playground/a.ts",
    code: 'import { x } from "../sidecar/main.ts";\nx();',
    rule: imports,
  },
  { what: "a timer outside platform", path: "sidecar/b.ts", code: "setTimeout(() => {}, 1);", rule: globals },
  {
    what: "an interval outside platform",
    path: "sidecar/b2.ts",
    code: "setInterval(() => {}, 1);",
    rule: globals,
  },
  { what: "a timer in platform", path: "platform/b.ts", code: "setTimeout(() => {}, 1);", rule: null },
  {
    what: "performance outside platform",
    path: "operator/d.ts",
    code: "export const x = performance.now();",
    rule: globals,
  },
  {
    what: "Date.now outside platform",
    path: "operator/e.ts",
    code: "export const x = Date.now();",
    rule: properties,
  },
  {
    what: "Math.random outside platform",
    path: "sidecar/c.ts",
    code: "export const x = Math.random();",
    rule: properties,
  },
  {
    what: "a signal handler outside platform",
    path: "sidecar/d.ts",
    code: 'process.on("SIGTERM", () => {});',
    rule: properties,
  },
  {
    what: "the environment outside a main.ts",
    path: "sidecar/e.ts",
    code: "export const x = process.env;",
    rule: properties,
  },
  {
    what: "the environment in a main.ts",
    path: "sidecar/main.ts",
    code: "export const x = process.env;",
    rule: null,
  },
  {
    what: "an empty catch",
    path: "sidecar/f.ts",
    code: 'try {\n  JSON.parse("");\n} catch {}',
    rule: "eslint(no-empty)",
  },
  {
    what: "a default export",
    path: "sidecar/g.ts",
    code: "export default 1;",
    rule: "import(no-default-export)",
  },
  {
    what: "a circle, one half",
    path: "sidecar/h.ts",
    code: 'import { y } from "./i.ts";\nexport const x = (): number => y();',
    rule: "import(no-cycle)",
  },
  {
    what: "a circle, the other half",
    path: "sidecar/i.ts",
    code: 'import { x } from "./h.ts";\nexport const y = (): number => x();',
    rule: "import(no-cycle)",
  },
];

let folder = "";
let found: readonly { readonly filename: string; readonly code: string }[] = [];

before(() => {
  folder = mkdtempSync(join(tmpdir(), "lint-rules-"));
  for (const file of [".oxlintrc.json", "scripts/lint/house-rules.mjs"]) {
    mkdirSync(dirname(join(folder, file)), { recursive: true });
    copyFileSync(join(root, file), join(folder, file));
  }
  for (const { path, code } of cases) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), `${code}\n`);
  }
  const run = spawnSync(join(root, "node_modules/.bin/oxlint"), ["--format=json"], {
    cwd: folder,
    encoding: "utf8",
  });
  const report = JSON.parse(run.stdout) as { diagnostics: { filename: string; code: string }[] };
  found = report.diagnostics;
});

after(() => rmSync(folder, { recursive: true, force: true }));

for (const { what, path, rule } of cases) {
  test(`${what}: ${rule ?? "in order"}`, () => {
    const codes = found.filter(({ filename }) => filename.endsWith(path)).map(({ code }) => code);
    if (rule === null) assert.deepEqual(codes, []);
    else assert.ok(codes.includes(rule), `${path} gave ${codes.join(", ") || "nothing"}`);
  });
}
