// Somebody else's operators with the sidecar, on a real node: each way, each shape, and one of the pods leads.
import assert from "node:assert/strict";
import { execFile } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before, describe, it } from "node:test";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { stringify } from "yaml";
import { eventually } from "../kit/eventually.ts";
import { shell } from "../node/programs.ts";
import { byLabel, page, shapesOf, ways, type Tools } from "./ways.ts";

const root = fileURLToPath(new URL("../..", import.meta.url));
const run = promisify(execFile);
const folder = mkdtempSync(join(tmpdir(), "bindy-adding-"));
const mark = "bindy.firestoned.io/adding=true";
const patienceMs = 180_000;

const sh = (script: string): Promise<string> => shell(script, process.env, patienceMs);

const tools: Omit<Tools, "namespace"> = {
  folder,
  output: async (program, ...args) => (await run(program, args, { timeout: patienceMs })).stdout,
};

// It works while it is told that its pod leads. Node is what every image here has; a shell is what none has.
const program = `
  const url = "http://127.0.0.1:4040/leader?pod=" + process.env.POD_NAME;
  let was = null;
  setInterval(async () => {
    try {
      const { isLeader } = await (await fetch(url)).json();
      if (isLeader !== was) console.log(isLeader ? "working" : "standing by");
      was = isLeader;
    } catch {
      if (was === true) console.log("standing by");
      was = false;
    }
  }, 200);
  process.on("SIGTERM", () => process.exit());
`;
// The first process of a container is told to end, and has to do it.
const ended = 'setInterval(() => {}, 1000); process.on("SIGTERM", () => process.exit())';
const image = "localhost/bindy/operator:0.1.0";
const securityContext = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ["ALL"] },
  runAsUser: 65_532,
};
const fromPod = { valueFrom: { fieldRef: { fieldPath: "metadata.name" } } };
const shapes = shapesOf(
  {
    name: "manager",
    image,
    command: ["node", "-e", program],
    env: [{ name: "POD_NAME", ...fromPod }],
    securityContext,
  },
  { name: "migrate", image, command: ["node", "-e", ""], securityContext },
  { name: "companion", image, command: ["node", "-e", ended] },
);

const optIn = "bindy.firestoned.io/sidecar-injection=enabled";

async function removeAll(): Promise<void> {
  await sh("helm uninstall injector --namespace leader-sidecar --ignore-not-found --wait --timeout 2m");
  await sh(`kubectl delete namespaces -l ${mark} --ignore-not-found --timeout=120s`);
}

before(async () => {
  await removeAll();
  const printed =
    /^helm install injector .*$/m.exec(page)?.[0] ?? "the page prints how to install the injector";
  await sh(`cd '${root}' && ${printed} && kubectl label namespace leader-sidecar ${mark}`);
});
after(async () => {
  await removeAll();
  rmSync(folder, { recursive: true, force: true });
});

/** The pods whose operator works, as their logs say. */
async function working(namespace: string): Promise<string[]> {
  const names = (await sh(`kubectl get pods -n ${namespace} -o name`)).trim().split("\n");
  const states = await Promise.all(
    names.map(async (name) => {
      const log = await sh(`kubectl logs -n ${namespace} ${name} -c manager --tail=1`);
      return log.trim() === "working" ? [name.replace("pod/", "")] : [];
    }),
  );
  return states.flat();
}

for (const [at, [way, add]] of Object.entries({ ...ways, label: byLabel }).entries()) {
  describe(`by ${way}`, () => {
    for (const [number, [shape, object]] of Object.entries(shapes).entries()) {
      it(`${shape} elects`, async () => {
        const namespace = `adding-${at}-${number}`;
        const { workload, others } = await add(object, { ...tools, namespace });
        const account = { apiVersion: "v1", kind: "ServiceAccount", metadata: { name: "my-operator" } };
        await sh(`kubectl create namespace ${namespace} && kubectl label namespace ${namespace} ${mark}`);
        if (add === byLabel) await sh(`kubectl label namespace ${namespace} ${optIn}`);
        if (shape.includes("restricted")) {
          await sh(`kubectl label namespace ${namespace} pod-security.kubernetes.io/enforce=restricted`);
        }
        const text = [account, ...others, workload].map((one) => stringify(inNamespace(one, namespace)));
        await sh(`kubectl apply -f - <<'EOF'\n${text.join("---\n")}EOF`);
        const [leads, ...more] = await eventually(
          async () => {
            const found = await working(namespace);
            return found.length > 0 && found;
          },
          `${namespace} has a leader`,
          {
            limitMs: patienceMs,
            everyMs: 500,
            isForgiving: true,
            seen: () => sh(`kubectl describe pods -n ${namespace}`),
          },
        );
        assert.deepEqual(more, [], "one works");
        const holder = `kubectl get lease -n ${namespace} my-operator-leader -o jsonpath={.spec.holderIdentity}`;
        assert.equal(await sh(holder), leads);
        // The host's ports are wanted by the next one.
        const wait = object.kind === "DaemonSet" ? "--timeout=120s" : "--wait=false";
        await sh(`kubectl delete namespace ${namespace} ${wait}`);
      });
    }
  });
}

function inNamespace(object: object, namespace: string): object {
  const { metadata, ...rest } = object as { metadata: object };
  const moved = { ...rest, metadata: { ...metadata, namespace } };
  const { subjects } = rest as { subjects?: readonly object[] };
  return subjects === undefined
    ? moved
    : { ...moved, subjects: subjects.map((one) => ({ ...one, namespace })) };
}
