// The contract, put to a real kube-apiserver.
import { describeLeaseContract } from "../contract/lease-contract.ts";
import { useControlPlane } from "./control-plane-fixture.ts";

const controlPlane = useControlPlane("contract");

describeLeaseContract("kube-apiserver", async () => {
  const { url, certificateAuthority, adminToken } = controlPlane();
  return { name: "kube-apiserver", url, certificateAuthority, adminToken };
});
