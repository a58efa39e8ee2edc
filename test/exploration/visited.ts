// Which worlds have been seen, and how each was reached first: a hash table of 64-bit hashes and, for each world in the order
// of its discovery, the one before it and the move that led here. 21 bytes or so a world, whatever its size.

/** Two 32-bit hashes that are mixed in different ways (the finalisers of MurmurHash3 and xxHash32). */
function hashOf(bytes: Uint8Array): readonly [number, number] {
  let one = 0x9747_b28c;
  let two = 0x27d4_eb2f;
  for (const byte of bytes) {
    one = Math.imul(one ^ byte, 0xcc9e_2d51);
    one = (one << 15) | (one >>> 17);
    one = (Math.imul(one, 5) + 0xe654_6b64) | 0;
    two = Math.imul(two + Math.imul(byte + 1, 0xc2b2_ae3d), 0x9e37_79b1);
    two ^= two >>> 13;
  }
  one ^= bytes.length;
  one = Math.imul(one ^ (one >>> 16), 0x85eb_ca6b);
  one = Math.imul(one ^ (one >>> 13), 0xc2b2_ae35);
  two = Math.imul(two ^ (two >>> 15), 0x85eb_ca77);
  two = Math.imul(two ^ (two >>> 13), 0xc2b2_ae3d);
  return [(one ^ (one >>> 16)) >>> 0, (two ^ (two >>> 16)) >>> 0];
}

export interface Visited {
  /** Adds a world, unless it was there; its number, or null. `parent`: -1 for the first. */
  add(bytes: Uint8Array, parent: number, move: number): number | null;
  size(): number;
  parentOf(world: number): number;
  /** Which of its parent's moves led to it. */
  moveOf(world: number): number;
}

const firstCapacity = 1 << 16;

export function createVisited(): Visited {
  let capacity = firstCapacity;
  let slots = new Uint32Array(2 * capacity);
  let parents = new Int32Array(firstCapacity / 2);
  let moves = new Uint8Array(firstCapacity / 2);
  let size = 0;

  /** Where that hash stands or would stand. A slot of two zeros is empty. */
  function find(one: number, two: number): number {
    for (let at = one & (capacity - 1); ; at = (at + 1) & (capacity - 1)) {
      const [first, second] = [slots[2 * at] as number, slots[2 * at + 1] as number];
      if ((first === 0 && second === 0) || (first === one && second === two)) return at;
    }
  }

  function grow(): void {
    const old = slots;
    capacity *= 2;
    slots = new Uint32Array(2 * capacity);
    for (let at = 0; at < old.length; at += 2) {
      const [one, two] = [old[at] as number, old[at + 1] as number];
      if (one !== 0 || two !== 0) slots.set([one, two], 2 * find(one, two));
    }
    const known = parents;
    parents = new Int32Array(capacity / 2);
    parents.set(known);
    const led = moves;
    moves = new Uint8Array(capacity / 2);
    moves.set(led);
  }

  return {
    add(bytes, parent, move) {
      let [one, two] = hashOf(bytes);
      if (one === 0 && two === 0) two = 1;
      const at = find(one, two);
      if (slots[2 * at] !== 0 || slots[2 * at + 1] !== 0) return null;
      slots[2 * at] = one;
      slots[2 * at + 1] = two;
      if (move > 255) throw new Error(`a world has ${move} moves or more; 256 can be told apart`);
      parents[size] = parent;
      moves[size] = move;
      size += 1;
      if (size * 2 >= capacity) grow();
      return size - 1;
    },
    size: () => size,
    parentOf: (world) => parents[world] as number,
    moveOf: (world) => moves[world] as number,
  };
}
