// The only source of chance. Code that wants a random number or name is handed this, so that a test can hand it another.
import { randomBytes, randomInt } from "node:crypto";

export interface Random {
  /** A lower-case hexadecimal name of `bytes` random bytes. */
  name(bytes: number): string;
  /** A whole number from 0 up to, not including, `limit` (at most 2⁴⁸ − 1). */
  below(limit: number): number;
}

export function createSystemRandom(): Random {
  return {
    name: (bytes) => randomBytes(bytes).toString("hex"),
    below: (limit) => randomInt(limit),
  };
}
