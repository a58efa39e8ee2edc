// Finds kube-apiserver and etcd, or builds the one from its Go modules: where everybody's envtest keeps them
// ($KUBEBUILDER_ASSETS) first, then our own cache, then a build into it.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createHash } from "node:crypto";
import { accessSync, constants, existsSync, mkdirSync, readFileSync, renameSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { fileURLToPath } from "node:url";

export interface ControlPlanePrograms {
  readonly apiServer: string;
  readonly etcd: string;
}

/** The Kubernetes that is built, as in kube-apiserver/go.mod. */
const kubernetesVersion = "v1.36.0";
const buildMinutes = 40;

export interface ProgramsMissing {
  /** What is missing, and what would change that. */
  readonly missing: string;
}

/** Both programs; building takes some five minutes on two cores, once, and `progress` says so. */
export async function findControlPlanePrograms(
  environment: Readonly<Record<string, string | undefined>>,
  progress: (message: string) => void,
): Promise<ControlPlanePrograms | ProgramsMissing> {
  const assets = environment["KUBEBUILDER_ASSETS"];
  const search = [...(assets ? [assets] : []), ...(environment["PATH"] ?? "").split(delimiter)];
  const etcd = findIn(search, "etcd");
  if (etcd === null) {
    return { missing: "etcd is not installed: apt-get install etcd-server, or set KUBEBUILDER_ASSETS" };
  }
  const cache = cacheFolder(environment);
  const found = findIn([...(assets ? [assets] : []), cache], "kube-apiserver");
  if (found !== null) return { apiServer: found, etcd };
  const go = findIn(search, "go");
  if (go === null) {
    return {
      missing:
        "kube-apiserver is not there and cannot be built without Go 1.26: set KUBEBUILDER_ASSETS, or install Go",
    };
  }
  progress(`Building kube-apiserver ${kubernetesVersion} from its Go modules: some minutes, once`);
  const apiServer = await build(go, environment, {
    name: "kube-apiserver",
    folder: fileURLToPath(new URL("kube-apiserver/", import.meta.url)),
    package: "k8s.io/kubernetes/cmd/kube-apiserver",
    linkerFlags: `-s -w -X k8s.io/component-base/version.gitVersion=${kubernetesVersion}`,
  });
  return { apiServer, etcd };
}

/** The peer that elects with client-go (bench/client-go). It is built anew each time, which takes seconds. */
export async function buildClientGoPeer(
  environment: Readonly<Record<string, string | undefined>>,
): Promise<string | ProgramsMissing> {
  const go = findIn((environment["PATH"] ?? "").split(delimiter), "go");
  if (go === null) return { missing: "the client-go peer cannot be built: install Go 1.26" };
  const folder = fileURLToPath(new URL("../../bench/client-go/", import.meta.url));
  return await build(go, environment, { name: "client-go-peer", folder, package: ".", linkerFlags: "-s -w" });
}

/** Kept for all checkouts of this user: what is built there depends on the modules that are locked, and on nothing else. */
function cacheFolder(environment: Readonly<Record<string, string | undefined>>): string {
  const base = environment["XDG_CACHE_HOME"] || join(environment["HOME"] || homedir(), ".cache");
  const locked = readFileSync(new URL("kube-apiserver/go.sum", import.meta.url));
  const digest = createHash("sha256").update(locked).digest("hex").slice(0, 12);
  return join(base, "bindy", `kubernetes-${kubernetesVersion}-${digest}`);
}

function findIn(folders: readonly string[], program: string): string | null {
  for (const folder of folders) {
    const path = join(folder, program);
    if (existsSync(path) && isExecutable(path)) return path;
  }
  return null;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false; // the question was whether it can be run: no
  }
}

/** A program of Go, built from `folder` into our cache: there already, or after a build. */
async function build(
  go: string,
  environment: Readonly<Record<string, string | undefined>>,
  source: {
    readonly name: string;
    readonly folder: string;
    readonly package: string;
    readonly linkerFlags: string;
  },
): Promise<string> {
  const cache = cacheFolder(environment);
  mkdirSync(cache, { recursive: true });
  const target = join(cache, source.name);
  const unfinished = `${target}.${process.pid}`;
  const flags = [
    "build",
    "-trimpath",
    "-buildvcs=false",
    "-o",
    unfinished,
    "-ldflags",
    source.linkerFlags,
    source.package,
  ];
  const child = spawn(go, flags, {
    cwd: source.folder,
    env: { ...environment, CGO_ENABLED: "0" },
    stdio: ["ignore", "inherit", "inherit"],
    timeout: buildMinutes * 60_000,
  });
  const [code] = (await once(child, "close")) as [number | null];
  if (code !== 0) throw new Error(`go ${flags.join(" ")} in ${source.folder} ended with ${code}`);
  renameSync(unfinished, target);
  return target;
}
