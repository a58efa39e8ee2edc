// `npm run build`: each program as the images carry it, in a folder of its own below dist/. What only a kubeconfig needs
// is a file of its own beside it, loaded only then. Beside the programs of an image lie its papers: our licence, those of all
// that is bundled, and a bill of materials. Same sources, same bytes: names, modes and times of the files included.
// `--output FOLDER` puts all of it below another folder.
import {
  chmodSync,
  copyFileSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from "node:fs";
import { join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { build, type Metafile, type Plugin } from "esbuild";
import { billOfMaterials, thirdPartyLicenses } from "./bill/bill-of-materials.ts";
import { bundledPackages } from "./bill/bundled-packages.ts";
import { sourceDate } from "./source-date.ts";

const programs = {
  "leader-sidecar": "sidecar/main.ts",
  operator: "operator/main.ts",
  agent: "operator/agent.ts",
} as const;

/** The programs of each image; the papers go into the folder of the first. */
const images = { "leader-sidecar": ["leader-sidecar"], operator: ["operator", "agent"] } as const;

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };
const { values } = parseArgs({ options: { output: { type: "string", default: join(root, "dist") } } });
const output = resolve(values.output);
const noCompiler = fileURLToPath(new URL("no-schema-compiler.ts", import.meta.url));
const noHttp2 = fileURLToPath(new URL("no-http2.ts", import.meta.url));
const undiciClient = fileURLToPath(new URL("undici-client.ts", import.meta.url));

/** Leaves out what Node would load for HTTP/2. */
const withoutHttp2: Plugin = {
  name: "without-http2",
  setup({ onResolve }) {
    onResolve({ filter: /^(node:)?http2$/ }, () => ({ path: noHttp2 }));
  },
};

/** Gives the sidecar the small undici, and a fastify without the compilers of schemas. */
const smallPackages: Plugin = {
  name: "small-packages",
  setup({ onResolve }) {
    onResolve({ filter: /^undici$/ }, () => ({ path: undiciClient }));
    onResolve({ filter: /^@fastify\/(ajv|fast-json-stringify)-compiler$/ }, () => ({ path: noCompiler }));
  },
};

async function bundle(name: keyof typeof programs): Promise<Metafile> {
  rmSync(join(output, name), { recursive: true, force: true });
  const { metafile } = await build({
    entryPoints: { [name]: programs[name] },
    absWorkingDir: root,
    outdir: join(output, name),
    bundle: true,
    splitting: true,
    format: "esm",
    platform: "node",
    target: "node24",
    minify: true,
    metafile: true,
    plugins: name === "leader-sidecar" ? [withoutHttp2, smallPackages] : [withoutHttp2],
    legalComments: "none",
    logLevel: "warning",
    outExtension: { ".js": ".mjs" },
    // Bundled CommonJS still calls require() for what Node itself brings.
    banner: {
      js: 'import{createRequire as requireOfNode}from"node:module";const require=requireOfNode(import.meta.url);',
    },
  });
  return metafile;
}

/** Writes what has to go with an image's programs. Throws where a package must not be in there. */
function writePapers(image: keyof typeof images, metafiles: readonly Metafile[], date: number): void {
  const packages = bundledPackages(metafiles, { root, supplements: join(root, "scripts/bill/texts") });
  const papers = {
    "sbom.cdx.json": billOfMaterials({ name: image, version, sourceDate: date }, packages),
    "THIRD-PARTY-LICENSES": thirdPartyLicenses(image, packages),
  };
  for (const [file, text] of Object.entries(papers)) writeFileSync(join(output, image, file), text);
  copyFileSync(join(root, "LICENSE"), join(output, image, "LICENSE"));
}

/** What a umask and a clock would make different from one build to the next. */
function settle(folder: string, date: number): void {
  for (const name of readdirSync(folder)) {
    chmodSync(join(folder, name), 0o644);
    utimesSync(join(folder, name), date, date);
  }
  chmodSync(folder, 0o755);
  utimesSync(folder, date, date);
}

const date = sourceDate(root, process.env["SOURCE_DATE_EPOCH"]);
for (const [image, names] of Object.entries(images)) {
  const metafiles = await Promise.all(names.map(bundle));
  writePapers(image as keyof typeof images, metafiles, date);
  for (const name of names) settle(join(output, name), date);
}
