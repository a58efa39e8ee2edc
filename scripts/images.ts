// `npm run images`: bundles the programs, builds both images and writes each as an archive below dist/images/, for a
// registry or a node to take, with a list of what our layer of it holds. Same sources and base, same bytes: the only time in an
// image is that of the sources. It needs docker, podman or buildah, and their own settings (STORAGE_DRIVER,
// BUILDAH_ISOLATION …) go through to them.
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { onTermination } from "../platform/signals.ts";
import { topLayer } from "./image-layer.ts";
import { sourceDate } from "./source-date.ts";

const root = fileURLToPath(new URL("..", import.meta.url));
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string };

/** Each image and its Dockerfile. */
const images = { "leader-sidecar": "Dockerfile.sidecar", operator: "Dockerfile.operator" } as const;

/** How a builder is told to do the two things, and asked whether it works at all. */
interface Builder {
  readonly check: readonly string[];
  readonly build: (recipe: Recipe) => readonly string[];
  readonly save: (name: string, archive: string) => readonly string[];
}

interface Recipe {
  readonly file: string;
  readonly name: string;
  readonly settings: readonly string[];
  /** The one time that is to be in the image, in seconds since 1970. */
  readonly date: number;
}

const recipeFlags = ({ file, name, settings }: Recipe): string[] => [
  "-f",
  file,
  "-t",
  name,
  ...settings.flatMap((setting) => ["--build-arg", setting]),
];

const builders: Readonly<Record<string, Builder>> = {
  docker: {
    check: ["version"],
    // BuildKit takes the image's own time from this argument; the files have theirs already.
    build: (recipe) => {
      const date = ["--build-arg", `SOURCE_DATE_EPOCH=${recipe.date}`];
      return ["build", ...recipeFlags(recipe), ...date, "."];
    },
    save: (name, archive) => ["save", "-o", archive, name],
  },
  podman: {
    check: ["version"],
    build: (recipe) => ["build", ...recipeFlags(recipe), "--timestamp", String(recipe.date), "."],
    save: (name, archive) => ["save", "--format", "docker-archive", "-o", archive, name],
  },
  buildah: {
    check: ["version"],
    build: (recipe) => ["build", ...recipeFlags(recipe), "--timestamp", String(recipe.date), "."],
    save: (name, archive) => ["push", name, `docker-archive:${archive}:${name}`],
  },
};

const help = `npm run images [-- options]: bundles the programs and builds the images of sidecar and operator

  --builder NAME        ${Object.keys(builders).join(", ")}; the first of them that works, if none is named
  --base IMAGE          what both images build upon: Node 24 in $PATH or in /nodejs/bin, and nothing else is needed
                        (default: the one in the Dockerfiles)
  --repository PREFIX   the images are PREFIX/leader-sidecar and PREFIX/operator (default: localhost/bindy)
  --tag TAG             (default: ${version}, the version of the package)
  --output FOLDER       where the archives go (default: dist/images)
  --help                this

Writes leader-sidecar.tar and operator.tar, archives as \`docker load\`, \`ctr images import\` and \`kind load image-archive\` take
them, and for each a .contents.json with every file of our layer. The images have one time in them, SOURCE_DATE_EPOCH or else the
commit's, so that they can be built again to the byte. Exit codes: 0 done, 1 a build failed, 2 wrong options or no builder.
`;

class WrongUse extends Error {}

async function main(): Promise<void> {
  const options = readOptions(process.argv.slice(2));
  if (options.help) return void process.stdout.write(help);
  const name = options.builder ?? firstThatWorks();
  const builder = builders[name];
  if (builder === undefined) {
    throw new WrongUse(`--builder is "${name}": it must be one of ${Object.keys(builders).join(", ")}`);
  }
  const problem = problemOf(name, builder);
  if (problem !== null) throw new WrongUse(`--builder ${name}: ${problem}`);
  say("Bundling the programs");
  await run(process.execPath, [join(root, "scripts/build.ts")]);
  const settings = [`VERSION=${options.tag}`, `REVISION=${revision()}`];
  const date = sourceDate(root, process.env["SOURCE_DATE_EPOCH"]);
  if (options.base !== undefined) settings.push(`BASE=${options.base}`);
  mkdirSync(options.output, { recursive: true });
  for (const [program, file] of Object.entries(images)) {
    const image = `${options.repository}/${program}:${options.tag}`;
    say(`Building ${image} with ${name}`);
    await run(name, builder.build({ file, name: image, settings, date }));
    await save(name, builder, image, join(options.output, program));
  }
}

/** Writes the image's archive to `stem`.tar, and what its top layer holds beside it. */
async function save(name: string, builder: Builder, image: string, stem: string): Promise<void> {
  const archive = `${stem}.tar`;
  // A builder refuses to write over an archive, and one that was interrupted must not look like a whole one.
  const unfinished = `${archive}.unfinished`;
  rmSync(unfinished, { force: true });
  try {
    await run(name, builder.save(image, unfinished));
    renameSync(unfinished, archive);
  } finally {
    rmSync(unfinished, { force: true });
  }
  const layer = topLayer(archive);
  writeFileSync(`${stem}.contents.json`, `${JSON.stringify({ image, layer }, null, 2)}\n`);
  const [whole, ours] = [statSync(archive).size, layer.bytes].map((bytes) => (bytes / 1e6).toFixed(1));
  process.stdout.write(`${relative(root, archive)}  ${image}  ${whole} MB, of them ours ${ours} MB\n`);
}

interface Options {
  readonly builder: string | undefined;
  readonly base: string | undefined;
  readonly repository: string;
  readonly tag: string;
  readonly output: string;
  readonly help: boolean;
}

function readOptions(argv: string[]): Options {
  const text = { type: "string" } as const;
  const known = {
    builder: text,
    base: text,
    repository: text,
    tag: text,
    output: text,
    help: { type: "boolean" },
  } as const;
  try {
    const { values } = parseArgs({ args: argv, options: known, strict: true });
    const { builder, base, repository = "localhost/bindy", tag = version } = values;
    if (!/^[\w][\w.-]{0,127}$/.test(tag))
      throw new WrongUse(`--tag is "${tag}": it must be a tag of an image`);
    const output = resolve(values.output ?? join(root, "dist/images"));
    return { builder, base, repository, tag, output, help: values.help ?? false };
  } catch (error) {
    throw new WrongUse(`${(error as Error).message} (--help lists the options)`);
  }
}

function firstThatWorks(): string {
  const problems: string[] = [];
  for (const [name, builder] of Object.entries(builders)) {
    const problem = problemOf(name, builder);
    if (problem === null) return name;
    problems.push(`  ${name}: ${problem}`);
  }
  throw new WrongUse(
    `no builder of images works here:\n${problems.join("\n")}\n` +
      "Install one: docker or podman, or, where no engine can run, buildah (Debian: apt-get install buildah; " +
      "with STORAGE_DRIVER=vfs BUILDAH_ISOLATION=chroot it needs nothing of the kernel)",
  );
}

function problemOf(name: string, { check }: Builder): string | null {
  try {
    execFileSync(name, check, { stdio: ["ignore", "ignore", "pipe"], timeout: 30_000 });
    return null;
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer };
    if (code === "ENOENT" || code === "EACCES") return "not installed";
    return `does not work: ${String(stderr ?? (error as Error).message)
      .trim()
      .split("\n")
      .at(-1)}`;
  }
}

function revision(): string {
  try {
    const output = execFileSync("git", ["rev-parse", "HEAD"], {
      cwd: root,
      stdio: ["ignore", "pipe", "ignore"],
    });
    return output.toString().trim();
  } catch {
    return "unknown"; // a source archive without its history is as good to build from
  }
}

/** Runs a program to its end; asked to end ourselves, we end it first. */
async function run(program: string, flags: readonly string[]): Promise<void> {
  const child = spawn(program, flags, { cwd: root, stdio: ["ignore", 2, 2] });
  const forget = onTermination(
    () => child.kill("SIGTERM"),
    () => child.kill("SIGKILL"),
  );
  const [code, signal] = (await once(child, "close")) as [number | null, string | null];
  forget();
  if (code !== 0) throw new Error(`${program} ${flags.join(" ")} ended with ${code ?? signal}`);
}

function say(message: string): void {
  process.stderr.write(`${message}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = error instanceof WrongUse ? 2 : 1;
}
