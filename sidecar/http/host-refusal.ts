// Whose requests are answered at all: those that name the loopback. A page in some browser must not be able to ask by way of
// a name that it made resolve to it.
import { RequestError } from "./http-error.ts";

/** Judges a `Host`: null when it is a loopback name or `address`, else the refusal (421). */
export function createHostCheck(address: string): (host: string | undefined) => RequestError | null {
  const names = new Set(["localhost", "127.0.0.1", "::1", address]);
  // Nearly every request says the same one.
  let lastGood = "";
  return (host = "") => {
    if (host === lastGood && host !== "") return null;
    const name = host.replace(/:\d+$/, "").replace(/^\[(.*)\]$/, "$1");
    if (!names.has(name)) {
      const message = `Host "${name}" is not a loopback name: use 127.0.0.1`;
      return new RequestError("HOST_REFUSED", message, "Host");
    }
    lastGood = host;
    return null;
  };
}
