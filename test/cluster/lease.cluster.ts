// Many candidates and busy hands on one Lease, on a real kube-apiserver.
import { describeHands } from "../process/hands-suite.ts";
import { describeLease } from "../process/lease-suite.ts";
import { describeTerms } from "../process/terms-suite.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

const target = asTarget(useControlPlane("lease"));
describeLease("kube-apiserver", target);
describeTerms("kube-apiserver", target, 100);
describeHands("kube-apiserver", target);
