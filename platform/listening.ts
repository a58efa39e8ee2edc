// A listener that cannot be opened: the message names the setting, the address, and who has the port.
import { whoHasPort } from "./port-holder.ts";
import { withBrackets } from "./settings.ts";
import { StartError } from "./start-error.ts";

/** What cannot be listened on; `variable` is the setting it came from. */
export interface ListenPlace {
  readonly host: string;
  readonly port: number;
  readonly variable: string;
}

export class ListenError extends StartError {
  constructor({ host, port, variable }: ListenPlace, cause: unknown) {
    const { code = "", message } = cause as { readonly code?: string; readonly message: string };
    const why =
      code === "EADDRINUSE"
        ? `it is in use: ${whoHasPort(port)}. Set ${variable} to another port, or end the other`
        : message;
    super("LISTEN_FAILED", `cannot listen on ${withBrackets(host)}:${port} (${variable}): ${why}`, cause);
    this.name = "ListenError";
  }
}

/** What can be told to listen. */
export interface Listener<T> {
  listen(at: { readonly host: string; readonly port: number }): Promise<T>;
}

/** All addresses: [::] takes IPv4 too. */
export const allAddresses = "::";

/** Has it listen; on all addresses of a machine without IPv6 on 0.0.0.0. Throws ListenError. */
export async function listenAt<T>(listener: Listener<T>, place: ListenPlace): Promise<T> {
  const { host, port } = place;
  try {
    return await listener.listen({ host, port });
  } catch (error) {
    const { code = "" } = error as { readonly code?: string };
    const hasNoIpv6 = host === allAddresses && ["EAFNOSUPPORT", "EADDRNOTAVAIL"].includes(code);
    if (!hasNoIpv6) throw new ListenError(place, error);
    return await listenAt(listener, { ...place, host: "0.0.0.0" });
  }
}
