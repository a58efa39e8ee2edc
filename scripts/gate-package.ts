// `npm run gate-package`: the gate as a package of its own, dist/gate/, for `npm pack` or `npm publish` there. One file of
// JavaScript with the part of undici that it uses, the declarations, a page, the licences.
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const root = fileURLToPath(new URL("..", import.meta.url));
const target = `${root}dist/gate`;
const { version, license } = JSON.parse(readFileSync(`${root}package.json`, "utf8")) as Record<
  string,
  string
>;
const undici = JSON.parse(readFileSync(`${root}node_modules/undici/package.json`, "utf8")) as {
  engines: { node: string };
};

/** Only the exact name: what undici-client.ts itself imports are files of the package. */
const smallUndici: Plugin = {
  name: "small-undici",
  setup({ onResolve }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: `${root}scripts/undici-client.ts` }));
  },
};

rmSync(target, { recursive: true, force: true });
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: { gate: "gate/leader-gate.ts" },
  outdir: target,
  bundle: true,
  format: "esm",
  platform: "node",
  target: "node22",
  // Not minified: a person who reads a stack trace finds our names. The part of undici that is used is bundled: it is
  // a quarter of the package, and its version is the one that the gate was tried with.
  plugins: [smallUndici],
  legalComments: "inline",
  logLevel: "warning",
  metafile: true,
  banner: {
    js: 'import{createRequire as requireOfNode}from"node:module";const require=requireOfNode(import.meta.url);',
  },
});

const declarations = spawnSync(
  `${root}node_modules/.bin/tsc`,
  ["-p", "gate/tsconfig.json", "--outDir", `${target}/types`],
  { cwd: root, encoding: "utf8" },
);
if (declarations.status !== 0) {
  process.stderr.write(`The declarations could not be made:\n${declarations.stdout}${declarations.stderr}`);
  process.exit(1);
}

const manifest = {
  name: "@firestoned/leader-gate",
  version,
  description: "Act only while this pod leads: the operator's side of the leader-election sidecar",
  license,
  type: "module",
  engines: undici.engines,
  exports: { ".": { types: "./types/gate/leader-gate.d.ts", default: "./gate.js" } },
  files: ["gate.js", "types", "LICENSE", "LICENSE.undici"],
};
writeFileSync(`${target}/package.json`, `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(`${root}docs/gate.md`, `${target}/README.md`);
copyFileSync(`${root}LICENSE`, `${target}/LICENSE`);
copyFileSync(`${root}node_modules/undici/LICENSE`, `${target}/LICENSE.undici`);
const bytes = Object.values(metafile.outputs).reduce((sum, output) => sum + output.bytes, 0);
process.stdout.write(
  `dist/gate: ${manifest.name} ${version}, ${Math.round(bytes / 1024)} KiB of JavaScript\n`,
);
