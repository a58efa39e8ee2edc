// The papers of an image: every package that the bundler has really taken is in them, with the text of its licence, and one that
// must not be there ends the build with its name.
import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { after, test } from "node:test";
import { fileURLToPath } from "node:url";
import { build, type Metafile } from "esbuild";
import { billOfMaterials, thirdPartyLicenses } from "./bill-of-materials.ts";
import { bundledPackages, packageFolder } from "./bundled-packages.ts";
import { isPermissive } from "./licenses.ts";

const projectRoot = fileURLToPath(new URL("../..", import.meta.url));
const supplements = fileURLToPath(new URL("texts", import.meta.url));
const scratch = mkdtempSync(join(tmpdir(), "bindy-bill-"));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** A project below the scratch folder, bundled for real; files by their path. */
async function bundled(name: string, files: Readonly<Record<string, string>>): Promise<[string, Metafile]> {
  const root = join(scratch, name);
  for (const [file, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, file)), { recursive: true });
    writeFileSync(join(root, file), text);
  }
  const options = { bundle: true, metafile: true, write: false, outdir: "out", format: "esm" } as const;
  const { metafile } = await build({ ...options, absWorkingDir: root, entryPoints: ["main.js"] });
  return [root, metafile];
}

const packageOf = (name: string, version: string, license?: string): string =>
  JSON.stringify({ name, version, main: "index.js", ...(license === undefined ? {} : { license }) });

const small = {
  "main.js": 'import "one"; import { unused } from "unused";',
  "node_modules/one/package.json": packageOf("one", "1.0.0", "MIT"),
  "node_modules/one/LICENSE": "You may, says one.",
  "node_modules/one/NOTICE.txt": "And be told.",
  "node_modules/one/index.js": 'import "@two/three"; console.log(1);',
  "node_modules/@two/three/package.json": packageOf("@two/three", "3.0.0", "(GPL-3.0-only OR ISC)"),
  "node_modules/@two/three/license.md": "You may, says three.",
  "node_modules/@two/three/index.js": "console.log(3);",
  "node_modules/unused/package.json": JSON.stringify({
    name: "unused",
    version: "1.0.0",
    sideEffects: false,
  }),
  "node_modules/unused/index.js": "export const unused = 1;",
};

test("what lies in the bundle is in the papers, with its text, and nothing else is", async () => {
  const [root, metafile] = await bundled("small", small);
  const packages = bundledPackages([metafile, metafile], { root, supplements });
  assert.deepEqual(
    packages.map(({ name, version, isDirect, imports }) => ({ name, version, isDirect, imports })),
    [
      { name: "@two/three", version: "3.0.0", isDirect: false, imports: [] },
      { name: "one", version: "1.0.0", isDirect: true, imports: ["node_modules/@two/three"] },
    ],
  );
  const text = thirdPartyLicenses("small", packages);
  for (const words of ["You may, says one.", "And be told.", "You may, says three.", "one 1.0.0 (MIT)"]) {
    assert.ok(text.includes(words), text);
  }
  assert.ok(!text.includes("unused"), text);
});

test("a package that must not be passed on ends the build with its name: all of them at once", async () => {
  const [root, metafile] = await bundled("wrong", {
    "main.js": 'import "textless"; import "copyleft"; import "silent"; import "only-notice";',
    "node_modules/textless/package.json": packageOf("textless", "1.2.3", "MIT"),
    "node_modules/copyleft/package.json": packageOf("copyleft", "2.0.0", "GPL-3.0-only"),
    "node_modules/copyleft/LICENSE": "You must.",
    "node_modules/silent/package.json": packageOf("silent", "0.1.0"),
    "node_modules/silent/LICENSE": "Words.",
    "node_modules/only-notice/package.json": packageOf("only-notice", "1.0.0", "Apache-2.0"),
    "node_modules/only-notice/NOTICE": "Made by us.",
    ...Object.fromEntries(
      ["textless", "copyleft", "silent", "only-notice"].map((name) => [
        `node_modules/${name}/index.js`,
        `console.log("${name}");`,
      ]),
    ),
  });
  assert.throws(
    () => bundledPackages([metafile], { root, supplements }),
    (error: Error) => {
      for (const words of [
        "textless@1.2.3: there is no text of its license",
        "copyleft@2.0.0: the license GPL-3.0-only is not a permissive one",
        "silent@0.1.0: its package.json does not say its license",
        "only-notice@1.0.0: there is no text of its license",
      ]) {
        assert.ok(error.message.includes(words), error.message);
      }
      return true;
    },
  );
  // A text that is kept here counts for the version that it was looked up for, and for no other.
  const kept = join(scratch, "kept");
  mkdirSync(kept);
  writeFileSync(join(kept, "textless@1.2.4.txt"), "You may.");
  assert.throws(
    () => bundledPackages([metafile], { root, supplements: kept }),
    /textless@1\.2\.3: there is no/,
  );
  writeFileSync(join(kept, "textless@1.2.3.txt"), "You may.");
  assert.throws(
    () => bundledPackages([metafile], { root, supplements: kept }),
    (error: Error) => !error.message.includes("textless") && error.message.includes("copyleft"),
  );
});

test("an expression is permissive where one way through it is", () => {
  for (const good of ["MIT", "Apache-2.0", "(MIT OR GPL-3.0-only)", "MIT AND ISC", "0BSD OR Unlicense"]) {
    assert.ok(isPermissive(good), good);
  }
  for (const bad of [
    "GPL-3.0-only",
    "MIT AND GPL-3.0-only",
    "MIT OR ISC AND GPL-3.0-only",
    "(MIT AND (GPL-3.0-only OR ISC))",
    "Apache-2.0 WITH LLVM-exception",
    "SEE LICENSE IN LICENSE",
    "",
  ]) {
    assert.ok(!isPermissive(bad), bad);
  }
});

test("the bill has the shape that CycloneDX 1.6 asks for, and the same bytes each time", async () => {
  const [root, metafile] = await bundled("small", small);
  const packages = bundledPackages([metafile], { root, supplements });
  const image = { name: "leader-sidecar", version: "0.1.0", sourceDate: 1_700_000_000 };
  const text = billOfMaterials(image, packages);
  assert.equal(text, billOfMaterials(image, packages));
  assertCycloneDx(text);
  const bill = JSON.parse(text) as Bill;
  assert.equal(bill.metadata.timestamp, "2023-11-14T22:13:20.000Z");
  assert.deepEqual(bill.components[0], {
    type: "library",
    "bom-ref": "pkg:npm/%40two/three@3.0.0",
    group: "@two",
    name: "three",
    version: "3.0.0",
    licenses: [{ expression: "(GPL-3.0-only OR ISC)" }],
    purl: "pkg:npm/%40two/three@3.0.0",
  });
  assert.deepEqual(bill.dependencies, [
    { ref: "leader-sidecar@0.1.0", dependsOn: ["pkg:npm/one@1.0.0"] },
    { ref: "pkg:npm/%40two/three@3.0.0", dependsOn: [] },
    { ref: "pkg:npm/one@1.0.0", dependsOn: ["pkg:npm/%40two/three@3.0.0"] },
  ]);
  const other = JSON.parse(billOfMaterials(image, packages.slice(1))) as Bill;
  assert.notEqual(other.serialNumber, bill.serialNumber);
});

test("npm run build: each image's papers name every package that is in its programs", () => {
  const output = join(scratch, "dist");
  const script = join(projectRoot, "scripts/build.ts");
  const run = spawnSync(process.execPath, [script, "--output", output], { encoding: "utf8" });
  assert.equal(run.status, 0, run.stderr);
  for (const [image, programs, some] of [
    ["leader-sidecar", ["leader-sidecar"], ["fastify", "pino", "undici", "yaml"]],
    ["operator", ["operator", "agent"], ["pino", "prom-client", "undici"]],
  ] as const) {
    const bill = readFileSync(join(output, image, "sbom.cdx.json"), "utf8");
    assertCycloneDx(bill);
    const licenses = readFileSync(join(output, image, "THIRD-PARTY-LICENSES"), "utf8");
    const { components } = JSON.parse(bill) as Bill;
    const names = components.map(({ group, name }) => (group === undefined ? name : `${group}/${name}`));
    for (const name of some) assert.ok(names.includes(name), `${name} in ${image}: ${names.join(" ")}`);
    for (const [at, { version }] of components.entries()) {
      assert.match(licenses, new RegExp(`^${names[at]} ${version.replaceAll(".", "\\.")} \\(`, "m"));
    }
    assert.match(readFileSync(join(output, image, "LICENSE"), "utf8"), /Apache License/);
    // What is bundled gives itself away by such words; each of them belongs to a package that is named.
    const code = programs.map((name) => readFileSync(join(output, name, `${name}.mjs`), "utf8")).join("");
    for (const [words, name] of [
      ["FST_ERR_", "fastify"],
      ["UND_ERR", "undici"],
      ["nodejs_eventloop_lag_seconds", "prom-client"],
      ["pino.msgPrefix", "pino"],
    ] as const) {
      assert.equal(code.includes(words), names.includes(name), `${words} in ${image}`);
    }
  }
});

test("a file belongs to the innermost package", () => {
  for (const [file, folder] of [
    ["node_modules/pino/lib/a.js", "node_modules/pino"],
    ["node_modules/@fastify/error/index.js", "node_modules/@fastify/error"],
    ["node_modules/ajv/node_modules/fast-uri/index.js", "node_modules/ajv/node_modules/fast-uri"],
    ["sidecar/main.ts", null],
  ] as const) {
    assert.equal(packageFolder(file), folder);
  }
});

/** What the standard's JSON schema requires of the parts that are used here, and that every reference leads somewhere. */
function assertCycloneDx(text: string): void {
  const bill = JSON.parse(text) as Bill;
  assert.equal(bill.bomFormat, "CycloneDX");
  assert.equal(bill.specVersion, "1.6");
  assert.match(
    bill.serialNumber,
    /^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
  );
  assert.equal(bill.version, 1);
  assert.equal(new Date(bill.metadata.timestamp).toISOString(), bill.metadata.timestamp);
  const all = [bill.metadata.component, ...bill.components];
  const refs = all.map((one) => one["bom-ref"]);
  assert.equal(new Set(refs).size, refs.length, "each is there once");
  for (const [at, { type, name, version, licenses, purl }] of all.entries()) {
    assert.equal(type, at === 0 ? "application" : "library");
    assert.match(name, /^[^/]+$/);
    assert.match(version, /^\d+\.\d+\.\d+/);
    assert.equal(licenses.length, 1);
    if (at > 0) assert.match(purl ?? "", /^pkg:npm\/(%40[^/]+\/)?[^/@]+@\d/);
  }
  assert.deepEqual(bill.dependencies.map(({ ref }) => ref).toSorted(), refs.toSorted());
  for (const { dependsOn } of bill.dependencies) {
    for (const ref of dependsOn) assert.ok(refs.includes(ref), ref);
  }
}

interface Bill {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly version: number;
  readonly metadata: { readonly timestamp: string; readonly component: BillComponent };
  readonly components: readonly BillComponent[];
  readonly dependencies: readonly { readonly ref: string; readonly dependsOn: readonly string[] }[];
}

interface BillComponent {
  readonly type: string;
  readonly "bom-ref": string;
  readonly group?: string;
  readonly name: string;
  readonly version: string;
  readonly licenses: readonly object[];
  readonly purl?: string;
}
