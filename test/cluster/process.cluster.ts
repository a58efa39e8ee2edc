// Sidecar processes and gates, on a real kube-apiserver.
import { describeFloods } from "../process/flood-suite.ts";
import { describeGates } from "../process/gate-suite.ts";
import { describeOutages } from "../process/outage-suite.ts";
import { describeSidecars } from "../process/sidecar-suite.ts";
import { describeWallClocks } from "../process/wall-clock-suite.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

const target = asTarget(useControlPlane("process"));
describeSidecars("kube-apiserver", target);
describeOutages("kube-apiserver", target);
describeGates("kube-apiserver", target);
describeFloods("kube-apiserver", target);
describeWallClocks("kube-apiserver", target);
