// What of an instance's configuration named cannot be told as it is written, and what holds until it is mended. Pure.
import { aclNameProblem, forwarderProblem, matchElementProblem } from "../bind9/named-configuration.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

/** Each with field, value, remedy, and what is done in its place. */
export function configurationProblems({ spec }: ResolvedInstance): string[] {
  const { allowQuery = [], allowTransfer = [], listenOn = [], listenOnV6 = [] } = spec.config ?? {};
  const { acls = {} } = spec;
  const names = Object.keys(acls);
  const lists = [
    ...Object.entries({ allowQuery, allowTransfer }).map(([field, list]) => ({
      field: `config.${field}`,
      list,
      names,
    })),
    ...Object.entries({ listenOn, listenOnV6 }).map(([field, list]) => ({
      field: `config.${field}`,
      list,
      names: [],
    })),
    ...Object.entries(acls).map(([name, list]) => ({ field: `acls.${name}`, list, names: [] })),
  ];
  const elements = lists.flatMap(({ field, list, names: known }) =>
    list
      .map((element) => matchElementProblem(element, known))
      .filter((problem) => problem !== null)
      .map((problem) => `${field}: ${problem}; until then the list is taken for "none"`),
  );
  const misnamed = names
    .map(aclNameProblem)
    .filter((problem) => problem !== null)
    .map((problem) => `acls: ${problem}`);
  const { forwarders = [], recursion = false } = spec.config ?? {};
  const unreadable = forwarders.map(forwarderProblem).filter((problem) => problem !== null);
  const isClosed = recursion && unreadable.length === forwarders.length;
  const instead = isClosed ? "; until then there is no recursion" : "";
  return [
    ...misnamed,
    ...elements,
    ...unreadable.map((problem) => `config.forwarders: ${problem}${instead}`),
  ];
}
