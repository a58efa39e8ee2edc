// How a world becomes bytes, and back. One description of each shape (`*-shape.ts`) serves both ways: a coder that writes takes
// in what it is given, one that reads ignores that and gives back what was written. What is written has no absolute number in
// it, so that two worlds which can only go on alike are the same bytes:
// - a time is ticks from now, rounded up to the tick at which it comes true, and no longer past than it matters;
// - resourceVersions, MicroTimes, uids and terms are ranks among those that are left; transitions alone are what they are,
//   since a candidate that has seen none begins at one;
// - pods are sorted, where all are told the same.
import { baseMs, tickMs } from "./small-world.ts";

/** Numbers of one kind; what is compared with what. */
export const pools = { version: 0, time: 1, uid: 2, term: 3 } as const;
export type Pool = (typeof pools)[keyof typeof pools];

export interface Coder {
  byte(value: number | undefined): number;
  flag(value: boolean | undefined): boolean;
  pick<T>(value: T | undefined, of: readonly T[]): T;
  maybe<T>(value: T | null | undefined, code: (value: T | undefined) => T): T | null;
  list<T>(values: readonly T[] | undefined, code: (value: T | undefined) => T): readonly T[];
  rank(pool: Pool, value: number | undefined): number;
  /** The place of a pod. */
  place(value: number | undefined): number;
  /** A time on that clock; one longer past than `leastTicks` is as good as that. */
  wait(value: number | undefined, leastTicks: number): number;
  act(value: number | undefined, leastTicks: number): number;
  true(value: number | undefined, leastTicks: number): number;
}

const tickOffset = 100;
const mostTicks = 100;
const never = 255;
const always = 254;
const mostBytes = 1 << 16;
const mostPatches = 1 << 12;
/** In a pod's own bytes, before the pods are sorted: itself, and any other. */
const [self, other] = [1, 2];
const firstPlace = 10;

export class Writer implements Coder {
  private readonly bytes = new Uint8Array(mostBytes);
  private readonly whole = new Uint8Array(mostBytes);
  private at = 0;
  private readonly rankAt = new Int32Array(mostPatches);
  private readonly rankPool = new Uint8Array(mostPatches);
  private readonly rankOf = new Int32Array(mostPatches);
  private ranks = 0;
  private readonly placeAt = new Int32Array(mostPatches);
  private readonly placeOf = new Uint8Array(mostPatches);
  private places = 0;
  private waitMs = 0;
  private actMs = 0;
  private nowMs = 0;
  private pod = -1;
  private readonly sorted: readonly number[][] = [[], [], [], []];
  /** Where each part begins: the pods in their old order, and what belongs to none. */
  private begins: number[] = [];

  begin(nowMs: number): void {
    this.at = 0;
    this.ranks = 0;
    this.places = 0;
    this.begins = [];
    this.nowMs = nowMs;
  }

  beginPod(place: number, waitMs: number, actMs: number): void {
    this.pod = place;
    this.waitMs = waitMs;
    this.actMs = actMs;
    this.begins.push(this.at);
  }

  beginRest(): void {
    this.pod = -1;
    this.begins.push(this.at);
  }

  byte(value: number | undefined): number {
    const byte = value as number;
    if (byte < 0 || byte > 255) throw new Error(`${byte} is not a byte: a scope may be too large for it`);
    this.bytes[this.at] = byte;
    this.at += 1;
    return byte;
  }

  flag(value: boolean | undefined): boolean {
    this.byte(value ? 1 : 0);
    return value as boolean;
  }

  pick<T>(value: T | undefined, of: readonly T[]): T {
    this.byte(of.indexOf(value as T));
    return value as T;
  }

  maybe<T>(value: T | null | undefined, code: (value: T | undefined) => T): T | null {
    const isThere = value !== null && value !== undefined;
    this.byte(isThere ? 1 : 0);
    return isThere ? code(value) : null;
  }

  list<T>(values: readonly T[] | undefined, code: (value: T | undefined) => T): readonly T[] {
    const all = values as readonly T[];
    this.byte(all.length);
    for (const value of all) code(value);
    return all;
  }

  rank(pool: Pool, value: number | undefined): number {
    this.rankAt[this.ranks] = this.at;
    this.rankPool[this.ranks] = pool;
    this.rankOf[this.ranks] = value as number;
    this.ranks += 1;
    this.byte(0);
    return value as number;
  }

  place(value: number | undefined): number {
    this.placeAt[this.places] = this.at;
    this.placeOf[this.places] = value as number;
    this.places += 1;
    this.byte(value === this.pod ? self : other);
    return value as number;
  }

  wait(value: number | undefined, leastTicks: number): number {
    return this.moment(value as number, this.waitMs, leastTicks);
  }

  act(value: number | undefined, leastTicks: number): number {
    return this.moment(value as number, this.actMs, leastTicks);
  }

  true(value: number | undefined, leastTicks: number): number {
    return this.moment(value as number, this.nowMs, leastTicks);
  }

  private moment(value: number, nowMs: number, leastTicks: number): number {
    if (value === Number.POSITIVE_INFINITY) this.byte(never);
    else if (value === Number.NEGATIVE_INFINITY) this.byte(always);
    else
      this.byte(tickOffset + Math.min(mostTicks, Math.max(leastTicks, Math.ceil((value - nowMs) / tickMs))));
    return value;
  }

  /**
   * The bytes, with every number in its rank and every pod in its place, until the next ones are begun; and which old place
   * each new one had.
   */
  finish(isSymmetric: boolean): { readonly bytes: Uint8Array; readonly order: readonly number[] } {
    for (const pool of this.sorted) pool.length = 0;
    for (let at = 0; at < this.ranks; at += 1) {
      const values = this.sorted[this.rankPool[at] as number] as number[];
      const value = this.rankOf[at] as number;
      if (value > 0 && !values.includes(value)) values.push(value);
    }
    for (const pool of this.sorted) pool.sort((one, two) => one - two);
    for (let at = 0; at < this.ranks; at += 1) this.bytes[this.rankAt[at] as number] = this.ranked(at);
    const pods = this.begins.length - 1;
    const order = Array.from({ length: pods }, (_, place) => place);
    if (isSymmetric) order.sort((one, two) => this.compare(one, two));
    for (let at = 0; at < this.places; at += 1) {
      this.bytes[this.placeAt[at] as number] = firstPlace + order.indexOf(this.placeOf[at] as number);
    }
    return { bytes: this.assembled(order), order };
  }

  private ranked(at: number): number {
    const pool = this.rankPool[at] as Pool;
    const value = this.rankOf[at] as number;
    if (value === 0) return 0;
    const values = this.sorted[pool] as number[];
    return values.indexOf(value) + 1;
  }

  private compare(one: number, two: number): number {
    const [from, to] = [this.begins[one] as number, this.begins[one + 1] as number];
    const [start, end] = [this.begins[two] as number, this.begins[two + 1] as number];
    for (let at = 0; at < Math.min(to - from, end - start); at += 1) {
      const difference = (this.bytes[from + at] as number) - (this.bytes[start + at] as number);
      if (difference !== 0) return difference;
    }
    return to - from - (end - start);
  }

  private assembled(order: readonly number[]): Uint8Array {
    const header = this.sorted.map((pool) => pool.length);
    const { whole } = this;
    whole.set(header);
    let to = header.length;
    for (const part of [...order, order.length]) {
      const piece = this.bytes.subarray(this.begins[part], this.begins[part + 1] ?? this.at);
      whole.set(piece, to);
      to += piece.length;
    }
    return whole.subarray(0, to);
  }
}

export class Reader implements Coder {
  private at = 0;
  private bytes: Uint8Array = new Uint8Array();

  /** How many numbers of each pool there are. */
  begin(bytes: Uint8Array): readonly number[] {
    this.bytes = bytes;
    this.at = 0;
    return Object.values(pools).map(() => this.byte());
  }

  byte(): number {
    const byte = this.bytes[this.at] as number;
    this.at += 1;
    return byte;
  }

  flag(): boolean {
    return this.byte() === 1;
  }

  pick<T>(_value: T | undefined, of: readonly T[]): T {
    return of[this.byte()] as T;
  }

  maybe<T>(_value: T | null | undefined, code: (value: T | undefined) => T): T | null {
    return this.flag() ? code(undefined) : null;
  }

  list<T>(_values: readonly T[] | undefined, code: (value: T | undefined) => T): readonly T[] {
    const values: T[] = [];
    for (let left = this.byte(); left > 0; left -= 1) values.push(code(undefined));
    return values;
  }

  rank(): number {
    return this.byte();
  }

  place(): number {
    return this.byte() - firstPlace;
  }

  wait(): number {
    const byte = this.byte();
    if (byte === never) return Number.POSITIVE_INFINITY;
    if (byte === always) return Number.NEGATIVE_INFINITY;
    return baseMs + (byte - tickOffset) * tickMs;
  }

  act(): number {
    return this.wait();
  }

  true(): number {
    return this.wait();
  }
}
