// What can keep a program of ours from starting: one catalogue for all of them. Later on nothing ends a program but a signal
// and a broken invariant; what is wrong then is a `reason`, a condition, a line in the log.

interface StartErrorKind {
  readonly exitCode: number;
  readonly meaning: string;
  readonly remedy: string;
}

export const startErrors = {
  CONFIG_INVALID: {
    exitCode: 2,
    meaning: "A setting would make the program unsafe or useless; each mistake has a line.",
    remedy: "Each line names the variable or flag that was set, its value, and what it must be.",
  },
  ACCESS_UNUSABLE: {
    exitCode: 1,
    meaning: "Neither a pod's account nor a kubeconfig can be used.",
    remedy: "The message says which file, field or plugin, and what to do about it.",
  },
  LISTEN_FAILED: {
    exitCode: 1,
    meaning: "A port cannot be listened on.",
    remedy:
      "The message says who has the port, where the system tells. Set the variable that it names to another one; with " +
      "`hostNetwork` it is the sidecar of another pod.",
  },
} as const satisfies Readonly<Record<string, StartErrorKind>>;

export type StartErrorCode = keyof typeof startErrors;

/** Why a program cannot start; `message` says all that a person needs. */
export class StartError extends Error {
  readonly code: StartErrorCode;

  constructor(code: StartErrorCode, message: string, cause?: unknown) {
    super(message, cause === undefined ? {} : { cause });
    this.name = "StartError";
    this.code = code;
  }
}

/**
 * Runs a program's `main`. Where it cannot start, that is told on standard error, and the process ends; any other error is a
 * bug, and is thrown on.
 */
export async function startProgram(program: string, main: () => Promise<void>): Promise<void> {
  try {
    await main();
  } catch (error) {
    if (!(error instanceof StartError)) throw error;
    process.stderr.write(`${program}: ${error.code}\n${error.message}\n`);
    // What had begun already would go on, and keep the process alive.
    process.exit(startErrors[error.code].exitCode);
  }
}
