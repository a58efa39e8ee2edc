// Asks the playground's name server, as dig would: for the page's box and for scripts.
import { Resolver } from "node:dns/promises";
import type { QueryAnswer } from "./state.ts";

const timeoutMs = 1000;
const tries = 2;

/** Asks for the A records of `name` and for the serial of its zone. */
export async function queryName(name: string, zoneName: string, port: number): Promise<QueryAnswer> {
  const resolver = new Resolver({ timeout: timeoutMs, tries });
  resolver.setServers([`127.0.0.1:${port}`]);
  const command = `dig @127.0.0.1 -p ${port} ${name} A +short`;
  try {
    const [addresses, soa] = await Promise.all([resolver.resolve4(name), resolver.resolveSoa(zoneName)]);
    return { command, addresses: addresses.toSorted(), serial: soa.serial, error: null };
  } catch (error) {
    return { command, addresses: [], serial: null, error: (error as Error).message };
  }
}
