// Free ports for the tests of one file. Files run at the same time, and between finding a port and listening on it a program
// must start: so each process looks in a range of its own.
import { createPortFinder, type PortFinder } from "../playground/replicas/free-port.ts";

const finder = createPortFinder();
// The ranges end below 32768, where the ports of outgoing connections begin.
const offset = (process.pid % 60) * 100;

/** Wanted ports up to 26,500 are free to use here. */
export const ports: PortFinder = { find: (wanted) => finder.find(wanted + offset) };
