// I7: a bound on requests.
//
// The intuition: in trouble the easy mistake is to ask again at once, and every pod of a fleet at the same time. Two
// requests in a retry period, on average over the worst of worlds, and those of restarts, are enough for anything.
import type { Finding } from "./finding.ts";

const mostRequests = 900;

export function fewRequests(pods: readonly { readonly label: string; requests(): number }[]): Finding {
  const busiest = pods.find((pod) => pod.requests() > mostRequests);
  return busiest ? `I7: ${busiest.requests()} requests by ${busiest.label}` : null;
}
