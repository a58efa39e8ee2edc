// The operator's faults, on a real kube-apiserver.
import { describe } from "node:test";
import { faultCases } from "../operator/fault-cases.ts";
import { namedCases } from "../operator/named-cases.ts";
import { namespaceCases } from "../operator/namespace-cases.ts";
import { outageCases } from "../operator/outage-cases.ts";
import { overloadCases } from "../operator/overload-cases.ts";
import { useResources } from "../operator/operator-suite.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

const target = asTarget(useControlPlane("operator-faults"));

describe("kube-apiserver: faults of the operator", () => {
  const nextNamespace = useResources(target);
  // First, since it looks at all namespaces.
  namespaceCases(target, nextNamespace);
  faultCases(target, nextNamespace);
  namedCases(target, nextNamespace);
  outageCases(target, nextNamespace);
  overloadCases(target, nextNamespace);
});
