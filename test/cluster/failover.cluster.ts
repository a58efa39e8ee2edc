// Fail-over, on a real kube-apiserver.
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after } from "node:test";
import { describeFailover } from "../failover/failover-suite.ts";
import { useControlPlane } from "./control-plane-fixture.ts";

const controlPlane = useControlPlane("failover");
const directory = mkdtempSync(join(tmpdir(), "bindy-failover-"));
after(() => rmSync(directory, { recursive: true, force: true }));

describeFailover("kube-apiserver", () => {
  const kubeconfig = join(directory, "kubeconfig");
  writeFileSync(kubeconfig, controlPlane().kubeconfig(), { mode: 0o600 });
  return kubeconfig;
});
