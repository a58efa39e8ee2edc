// All that is relied on from a Kubernetes API, put to one server.
import { describeAccessContract } from "./access-contract.ts";
import { describeCustomResourceContract } from "./custom-resource-contract.ts";
import { describeImpersonationContract } from "./impersonation-contract.ts";
import { describeLeaseContract } from "./lease-contract.ts";
import { describeRuleContract } from "./rule-contract.ts";
import { describeRuleDefinitionContract } from "./rule-definition-contract.ts";
import type { ContractTarget } from "./target.ts";
import { describeWatchContract } from "./watch-contract.ts";

/** `target` is asked for once the tests run; RBAC must be on. */
export function describeContract(server: string, target: () => ContractTarget): void {
  describeLeaseContract(server, target);
  describeWatchContract(server, target);
  describeAccessContract(server, target);
  describeImpersonationContract(server, target);
  describeCustomResourceContract(server, target);
  describeRuleContract(server, target);
  describeRuleDefinitionContract(server, target);
}
