// How often a lease is renewed, as a person sees who watches it.
import { namespace } from "../node/installation.ts";
import type { Walk } from "./walk.ts";

/** The times from one renewal to the next that are seen in so long. */
export async function renewalGapsMs(walk: Walk, forMs: number): Promise<readonly number[]> {
  const printed = `kubectl get lease -n ${namespace} bindy-leader -w -o jsonpath='{.spec.renewTime}{"\\n"}'`;
  const times = (await walk.look(printed, forMs)).split("\n").map((line) => Date.parse(line.trim()));
  return times.slice(1).map((time, index) => time - (times[index] ?? Number.NaN));
}
