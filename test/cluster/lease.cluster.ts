// Many candidates and busy hands on one Lease, on a real kube-apiserver.
import { describeLease } from "../process/lease-suite.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

describeLease("kube-apiserver", asTarget(useControlPlane("lease")), 100);
