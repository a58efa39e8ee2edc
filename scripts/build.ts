// `npm run build`: each program as the images carry it, in a folder of its own below dist/. What only a kubeconfig needs
// is a file of its own beside it, loaded only then.
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { build, type Plugin } from "esbuild";

const programs = {
  "leader-sidecar": "sidecar/main.ts",
  operator: "operator/main.ts",
  agent: "operator/agent.ts",
} as const;

const undiciClient = fileURLToPath(new URL("undici-client.ts", import.meta.url));

/** Gives the sidecar the small undici. */
const smallUndici: Plugin = {
  name: "small-undici",
  setup({ onResolve }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: undiciClient }));
  },
};

for (const [name, entry] of Object.entries(programs)) {
  rmSync(`dist/${name}`, { recursive: true, force: true });
  await build({
    entryPoints: { [name]: entry },
    outdir: `dist/${name}`,
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    plugins: name === "leader-sidecar" ? [smallUndici] : [],
    legalComments: "none",
    logLevel: "warning",
    outExtension: { ".js": ".mjs" },
    // Bundled CommonJS still calls require() for what Node itself brings.
    banner: {
      js: 'import{createRequire as requireOfNode}from"node:module";const require=requireOfNode(import.meta.url);',
    },
  });
}
