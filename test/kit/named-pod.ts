// The named of an instance's pod, run as a kubelet would run it: the container's command and mounts as the template has them, on a root that
// nobody can write to, as its user and without a capability, in a network of its own. It takes root, and a kernel with overlays.
import { execFileSync } from "node:child_process";
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import type { TestContext } from "node:test";
import { needsProgram } from "./needed-program.ts";

/** What is read of a pod's template. */
export interface PodTemplate {
  readonly containers: readonly Container[];
  readonly volumes: readonly Volume[];
}

interface Container {
  readonly name: string;
  readonly command: readonly string[];
  readonly workingDir?: string;
  readonly volumeMounts: readonly Mount[];
}

interface Mount {
  readonly name: string;
  readonly mountPath: string;
  readonly subPath?: string;
  readonly readOnly?: boolean;
}

interface Volume {
  readonly name: string;
  readonly projected?: { readonly sources: readonly { readonly configMap?: ConfigMapSource }[] };
}

interface ConfigMapSource {
  readonly name: string;
  readonly items: readonly { readonly key: string; readonly path: string }[];
}

/** ConfigMaps of the namespace: their data, by name. */
export type ConfigMaps = Readonly<Record<string, Readonly<Record<string, string>>>>;

export interface NamedPod {
  /** The folder of a volume, to put files into. */
  folderOf(volume: string): string;
  /** Starts named, runs `script` in its network when it serves or has ended, ends it with `signal`; all that both have said. */
  run(script: string, signal?: "KILL" | "TERM"): string;
}

const startSeconds = 20;

/** Lays the volumes out; null where it cannot be run here, and the test is skipped then. */
export function layOutNamedPod(
  context: TestContext,
  template: PodTemplate,
  configMaps: ConfigMaps,
): NamedPod | null {
  if (!needsProgram(context, "named", "bind9") || !needsProgram(context, "dig", "bind9-dnsutils"))
    return null;
  if (process.getuid?.() !== 0) {
    const message = "a pod's mounts take root: run the tests as root, on Linux";
    if (process.env["CI"] === "true") throw new Error(message);
    context.skip(message);
    return null;
  }
  const folder = mkdtempSync(join(tmpdir(), "named-pod-"));
  context.after(() => rmSync(folder, { recursive: true, force: true }));
  chmodSync(folder, 0o755);
  const folderOf = (volume: string): string => join(folder, "volumes", volume);
  for (const { name, projected } of template.volumes) {
    mkdirSync(folderOf(name), { recursive: true });
    chmodSync(folderOf(name), 0o777);
    for (const { configMap } of projected?.sources ?? []) {
      for (const { key, path } of configMap?.items ?? []) {
        const text = configMaps[configMap?.name ?? ""]?.[key];
        // The cluster's own are no named's.
        if (text === undefined) continue;
        mkdirSync(dirname(join(folderOf(name), path)), { recursive: true });
        writeFileSync(join(folderOf(name), path), text);
      }
    }
  }
  const named = template.containers.find(({ name }) => name === "named");
  if (named === undefined) throw new Error("the template has no container named");
  const mounts = named.volumeMounts.toSorted((left, right) => (left.mountPath < right.mountPath ? -1 : 1));
  return {
    folderOf,
    run(script, signal = "TERM") {
      const file = join(folder, "pod.sh");
      writeFileSync(file, podScript(folder, named, mounts, script, signal));
      const flags = ["--mount", "--net", "--pid", "--fork", "--kill-child", "bash", file];
      return execFileSync("unshare", flags, { encoding: "utf8", timeout: 60_000 });
    },
  };
}

function podScript(
  folder: string,
  { command, workingDir = "/" }: Container,
  mounts: readonly Mount[],
  script: string,
  signal: string,
): string {
  const root = join(folder, "root");
  const words = command.map((word) => `'${word}'`).join(" ");
  return `exec 2>&1
set -e
mkdir -p ${root} ${folder}/layer
ip link set lo up
mount -t tmpfs layer ${folder}/layer
mkdir ${folder}/layer/upper ${folder}/layer/work
mount -t overlay -o lowerdir=/,upperdir=${folder}/layer/upper,workdir=${folder}/layer/work overlay ${root}
mount --bind /dev ${root}/dev
mount -t proc proc ${root}/proc
rm -rf ${root}/run/named
${mounts.map((mount) => mountLines(folder, root, mount)).join("")}mount -o remount,ro ${root}
cat > ${folder}/layer/start <<'END'
cd ${workingDir} && exec setpriv --reuid 65532 --regid 65532 --clear-groups --inh-caps=-all --bounding-set=-all --no-new-privs ${words}
END
chroot ${root} bash -c "$(cat ${folder}/layer/start)" > ${folder}/layer/log 2>&1 &
named=$!
for at in $(seq ${startSeconds * 10}); do
  if grep -q ' running$' ${folder}/layer/log || ! kill -0 $named 2>/dev/null; then break; fi
  sleep 0.1
done
set +e
( ${script} )
kill -${signal} $named 2>/dev/null
wait $named
echo "named ended with $?"
cat ${folder}/layer/log
`;
}

function mountLines(folder: string, root: string, mount: Mount): string {
  const { name, mountPath, subPath, readOnly = false } = mount;
  const source = join(folder, "volumes", name, subPath ?? "");
  const target = join(root, mountPath);
  return `[ -e ${source} ] || mkdir -m 777 ${source}
if [ -d ${source} ]; then mkdir -p ${target}; else mkdir -p $(dirname ${target}); touch ${target}; fi
mount --bind ${source} ${target}
${readOnly ? `mount -o remount,bind,ro ${target}\n` : ""}`;
}
