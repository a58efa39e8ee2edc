// The operator's faults, on the embedded API server.
import { describe } from "node:test";
import { useEmbeddedServer } from "../contract/embedded-server-fixture.ts";
import { faultCases } from "./fault-cases.ts";
import { namedCases } from "./named-cases.ts";
import { namespaceCases } from "./namespace-cases.ts";
import { outageCases } from "./outage-cases.ts";
import { overloadCases } from "./overload-cases.ts";
import { useResources } from "./operator-suite.ts";

const target = useEmbeddedServer();

describe("embedded server: faults of the operator", () => {
  const nextNamespace = useResources(target);
  // First, since it looks at all namespaces.
  namespaceCases(target, nextNamespace);
  faultCases(target, nextNamespace);
  namedCases(target, nextNamespace);
  outageCases(target, nextNamespace);
  overloadCases(target, nextNamespace);
});
