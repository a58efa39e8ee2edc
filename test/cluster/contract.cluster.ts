// The contract, on a real kube-apiserver.
import { describeContract } from "../contract/contract.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

describeContract("kube-apiserver", asTarget(useControlPlane("contract")));
