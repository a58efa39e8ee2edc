// Runs one piece of work again and again, never twice at once: a caller that wants it looked at again says so, and what is
// said while it runs leads to one more run.

export interface Worker {
  look(): void;
  /** No further run begins; resolves when the running one has ended. */
  close(): Promise<void>;
}

export function createWorker(work: () => Promise<void>, onError: (error: unknown) => void): Worker {
  let isWanted = false;
  let isClosed = false;
  let running: Promise<void> | null = null;

  async function run(): Promise<void> {
    while (isWanted && !isClosed) {
      isWanted = false;
      try {
        await work();
      } catch (error) {
        if (!isClosed) onError(error);
      }
    }
    running = null;
  }

  return {
    look() {
      isWanted = true;
      running ??= run();
    },
    async close() {
      isClosed = true;
      await running;
    },
  };
}
