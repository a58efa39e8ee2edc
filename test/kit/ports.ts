// Free ports for the tests of one file. Files run at the same time, and between finding a port and listening on it a program
// must start: so each process of tests has a range of its own, which nobody else looks in. The ranges lie below 32768, where
// the system's own choice begins: one from there is given to the next program that listens on any port.
import { once } from "node:events";
import { createServer } from "node:net";
import { createPortFinder, type PortFinder } from "../../playground/replicas/free-port.ts";

const finder = createPortFinder();
const ranges = 12;
const rangePorts = 500;
// A range belongs to the process that listens on its lock. The system frees it with the process, however that ends.
const firstLock = 32_700;

async function claimRange(): Promise<number> {
  for (let at = 0; at < ranges; at += 1) {
    const range = (process.pid + at) % ranges;
    const lock = createServer();
    lock.listen(firstLock + range, "127.0.0.1");
    try {
      await once(lock, "listening");
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === "EADDRINUSE") continue;
      throw error;
    }
    lock.unref();
    return range;
  }
  throw new Error(`all ${ranges} ranges of ports are taken: do more than ${ranges} files of tests run here?`);
}

const offset = (await claimRange()) * rangePorts;

/** Wanted ports up to 26,500 are free to use here. */
export const ports: PortFinder = { find: (wanted) => finder.find(wanted + offset) };
