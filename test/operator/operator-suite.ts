// The operator whole. The same cases run against the embedded server and a real one.
import { before, describe } from "node:test";
import { openContractClient, type ContractTarget } from "../contract/target.ts";
import { clusterCases } from "./cluster-cases.ts";
import { servingCases } from "./serving-cases.ts";
import { settledCases } from "./settled-cases.ts";
import { defineResources } from "./stage.ts";
import { tenantCases } from "./tenant-cases.ts";
import { termCases } from "./term-cases.ts";

/** Makes the kinds known to the server before the tests of a suite; returns what gives each test a namespace of its own. */
export function useResources(target: () => ContractTarget): () => string {
  let namespaces = 0;
  before(async () => {
    const api = openContractClient(target());
    await defineResources(api);
    await api.close();
  });
  return () => `operator-${process.pid}-${(namespaces += 1)}`;
}

/** `target` is asked for once the tests run. */
export function describeOperator(server: string, target: () => ContractTarget): void {
  describe(`${server}: the operator`, () => {
    const nextNamespace = useResources(target);
    servingCases(target, nextNamespace);
    clusterCases(target, nextNamespace);
    tenantCases(target, nextNamespace);
    termCases(target, nextNamespace);
    settledCases(target, nextNamespace);
  });
}
