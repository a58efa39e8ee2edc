// The worlds of one depth, waiting to be gone on from: their bytes one after another, in blocks.

export interface Frontier {
  push(world: number, bytes: Uint8Array): void;
  size(): number;
  /** Each in turn, in the order of its coming. */
  all(): Iterable<{ readonly world: number; readonly bytes: Uint8Array }>;
}

const blockBytes = 1 << 22;
/** The world's number, and how many bytes it has. */
const headBytes = 6;

export function createFrontier(): Frontier {
  const blocks: { readonly bytes: Uint8Array; readonly view: DataView; used: number }[] = [];
  let size = 0;
  return {
    push(world, bytes) {
      let block = blocks.at(-1);
      if (block === undefined || block.used + headBytes + bytes.length > blockBytes) {
        const fresh = new Uint8Array(blockBytes);
        block = { bytes: fresh, view: new DataView(fresh.buffer), used: 0 };
        blocks.push(block);
      }
      block.view.setUint32(block.used, world);
      block.view.setUint16(block.used + 4, bytes.length);
      block.bytes.set(bytes, block.used + headBytes);
      block.used += headBytes + bytes.length;
      size += 1;
    },
    size: () => size,
    *all() {
      // A block that has been read is let go of: the next depth needs the room.
      for (let block = blocks.shift(); block !== undefined; block = blocks.shift()) {
        for (let at = 0; at < block.used;) {
          const length = block.view.getUint16(at + 4);
          const from = at + headBytes;
          yield { world: block.view.getUint32(at), bytes: block.bytes.subarray(from, from + length) };
          at = from + length;
        }
      }
    },
  };
}
