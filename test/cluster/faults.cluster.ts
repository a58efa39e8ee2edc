// The faults, on a real kube-apiserver.
import { describeFaults } from "../faults/fault-suite.ts";
import { useControlPlane } from "./control-plane-fixture.ts";

const controlPlane = useControlPlane("faults");

describeFaults("kube-apiserver", () => {
  const { url, certificateAuthority, adminToken } = controlPlane();
  return { name: "kube-apiserver", url, certificateAuthority, adminToken };
});
