// Whether the pods of an instance refuse everybody: a list of its own settings lets in nobody, or a list that cannot be read is closed.
import { admitsNobody, knownAcls } from "../bind9/address-match-list.ts";
import { isNamed } from "../resources/kubernetes-object.ts";
import type { ResolvedInstance } from "./resolved-instance.ts";

/** False also where it cannot be known, since the options are in a ConfigMap that somebody brings. */
export function answersNobody({ spec }: ResolvedInstance): boolean {
  const { config = {}, configMapRefs = {} } = spec;
  if (isNamed(configMapRefs.namedConf) || isNamed(configMapRefs.namedConfOptions)) return false;
  const acls = knownAcls(spec.acls ?? {});
  const isDeaf = admitsNobody(config.listenOn, acls, [4]) && admitsNobody(config.listenOnV6, acls, [6]);
  return isDeaf || admitsNobody(config.allowQuery, acls);
}
