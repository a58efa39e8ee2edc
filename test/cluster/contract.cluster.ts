// The contract, on a real kube-apiserver.
import { describeLeaseContract } from "../contract/lease-contract.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

describeLeaseContract("kube-apiserver", asTarget(useControlPlane("contract")));
