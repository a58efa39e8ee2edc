// Finds ports on the loopback: the wanted one where it is free, else any.
import { once } from "node:events";
import { createServer } from "node:net";

/** Whether the port can be listened on, on 127.0.0.1 and on all addresses. */
async function isFree(port: number, host: string): Promise<boolean> {
  const server = createServer();
  server.listen(port, host);
  try {
    await once(server, "listening");
  } catch (error) {
    const { code } = error as { code?: string };
    if (code === "EADDRINUSE" || code === "EACCES") return false;
    if (code === "EAFNOSUPPORT" || code === "EADDRNOTAVAIL") return true;
    throw error;
  }
  server.close();
  await once(server, "close");
  return true;
}

export interface PortFinder {
  /** `wanted`, if it is free and was not given out before, else the next one up that is. */
  find(wanted: number): Promise<number>;
}

const mostTries = 500;

export function createPortFinder(): PortFinder {
  const given = new Set<number>();
  return {
    async find(wanted) {
      for (let port = wanted; port < wanted + mostTries; port += 1) {
        if (given.has(port)) continue;
        // At once, or others that look meanwhile would find the same one.
        given.add(port);
        if ((await isFree(port, "127.0.0.1")) && (await isFree(port, "::"))) return port;
        given.delete(port);
      }
      throw new Error(`no free port from ${wanted} to ${wanted + mostTries}`);
    },
  };
}
