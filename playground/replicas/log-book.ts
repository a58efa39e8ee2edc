// The last lines that a container wrote, and those that are still to come, for those that follow them.

export interface LogLine {
  readonly wallMs: number;
  readonly text: string;
}

export interface LogBook {
  write(line: LogLine): void;
  lines(): readonly LogLine[];
  /** Calls back for every further line; returns a function that ends the subscription. */
  follow(listener: (line: LogLine) => void): () => void;
}

const mostLines = 2000;

export function createLogBook(): LogBook {
  const lines: LogLine[] = [];
  const followers = new Set<(line: LogLine) => void>();
  return {
    write(line) {
      lines.push(line);
      if (lines.length > mostLines) lines.splice(0, lines.length - mostLines);
      for (const follower of followers) follower(line);
    },
    lines: () => lines,
    follow(listener) {
      followers.add(listener);
      return () => followers.delete(listener);
    },
  };
}
