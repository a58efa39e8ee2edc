// The operator's faults, on a real kube-apiserver: those in which it is the server that answers. Where a named, or a cut between server and
// client, is what fails, the embedded server does.
import { describe } from "node:test";
import { faultCases } from "../operator/fault-cases.ts";
import { namespaceCases } from "../operator/namespace-cases.ts";
import { useResources } from "../operator/operator-suite.ts";
import { asTarget, useControlPlane } from "./control-plane-fixture.ts";

const target = asTarget(useControlPlane("operator-faults"));

describe("kube-apiserver: faults of the operator", () => {
  const nextNamespace = useResources(target);
  // First, since it looks at all namespaces.
  namespaceCases(target, nextNamespace);
  faultCases(target, nextNamespace);
});
