// A control plane for one test file: there before its first test, gone after its last; where a test has failed, the logs of
// its parts are kept.
import { after, afterEach, before } from "node:test";
import { fileURLToPath } from "node:url";
import { createSystemClock } from "../../platform/clock.ts";
import type { ContractTarget } from "../contract/target.ts";
import { ports } from "../kit/ports.ts";
import { startControlPlane, type ControlPlane, type ControlPlaneOptions } from "./control-plane.ts";
import { findControlPlanePrograms } from "./programs.ts";

export const clock = createSystemClock();
const logs = fileURLToPath(new URL("../../test-results/", import.meta.url));

/** Registers the hooks of the file; the function returned gives the control plane once the tests run. */
export function useControlPlane(name: string, options: ControlPlaneOptions = {}): () => ControlPlane {
  let controlPlane: ControlPlane | null = null;
  let hasFailed = false;
  const get = (): ControlPlane => {
    if (controlPlane === null) throw new Error("the control plane is not there yet");
    return controlPlane;
  };
  before(async () => {
    const programs = await findControlPlanePrograms(
      process.env,
      (text) => void process.stderr.write(`${text}\n`),
    );
    if ("missing" in programs) throw new Error(programs.missing);
    controlPlane = await startControlPlane(programs, ports, clock, options);
  });
  afterEach((context) => {
    hasFailed ||= (context as { readonly passed?: boolean }).passed === false;
  });
  after(async () => {
    if (hasFailed && controlPlane !== null) {
      controlPlane.keepLogs(`${logs}${name}`);
      process.stderr.write(`The logs of the control plane are in test-results/${name}\n`);
    }
    await controlPlane?.close();
  });
  return get;
}

/** A control plane as the suites want it that run against the embedded server too. */
export function asTarget(controlPlane: () => ControlPlane): () => ContractTarget {
  return () => {
    const { url, certificateAuthority, adminToken, signToken, call, kill, start } = controlPlane();
    return {
      name: "kube-apiserver",
      url,
      certificateAuthority,
      adminToken,
      async forgetHistory() {
        // Its memory of changes begins with its start, which must come after something has happened.
        await call("POST", "/apis/coordination.k8s.io/v1/namespaces/default/leases", {
          metadata: { generateName: "passing-" },
        });
        await kill("kube-apiserver");
        await start("kube-apiserver");
      },
      tokenOf: signToken,
    };
  };
}
