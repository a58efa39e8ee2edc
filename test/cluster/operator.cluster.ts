// The operator, on a real kube-apiserver.
import { describeOperator } from "../operator/operator-suite.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

describeOperator("kube-apiserver", asTarget(useControlPlane("operator")));
