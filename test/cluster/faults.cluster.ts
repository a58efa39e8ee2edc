// The faults, on a real kube-apiserver.
import { describeFaults } from "../faults/fault-suite.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

describeFaults("kube-apiserver", asTarget(useControlPlane("faults")));
