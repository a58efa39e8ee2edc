// JSON logs, one line each, on standard output: time, level, message and the fields of the call.
import { pino } from "pino";

export type LogFields = Readonly<Record<string, unknown>>;

export interface Log {
  debug(message: string, fields?: LogFields): void;
  info(message: string, fields?: LogFields): void;
  warn(message: string, fields?: LogFields): void;
  error(message: string, fields?: LogFields): void;
}

export type LogLevel = "trace" | "debug" | "info" | "warn" | "error" | "silent";

/** Whether lines of debug() are written: what is costly to find out need not be, where they are not. */
export function isDebugLevel(level: LogLevel): boolean {
  return level === "debug" || level === "trace";
}

/**
 * Creates the log of a process. `fields` stand in every line. A field `error` that is an Error keeps its cause, and its
 * stack where it has no code: what has one is expected to happen, and its message says what is to be done.
 */
export function createLog(level: LogLevel, fields: LogFields): Log {
  const logger = pino({
    level,
    base: fields,
    messageKey: "message",
    errorKey: "error",
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
    serializers: { error: shownError },
  });
  return {
    debug: (message, extra) => logger.debug(extra ?? {}, message),
    info: (message, extra) => logger.info(extra ?? {}, message),
    warn: (message, extra) => logger.warn(extra ?? {}, message),
    error: (message, extra) => logger.error(extra ?? {}, message),
  };
}

const deepestCause = 5;

function shownError(error: unknown, depth = 0): unknown {
  if (!(error instanceof Error)) return error;
  const { name, message, cause, stack } = error;
  const { code } = error as { readonly code?: unknown };
  // Node's own codes for a mistake of the caller, ERR_INVALID_ARG_TYPE and the like, are nothing to expect.
  const isExpected = typeof code === "string" && !code.startsWith("ERR_");
  return {
    type: name,
    message,
    ...(code === undefined ? {} : { code }),
    ...(isExpected || depth > 0 ? {} : { stack }),
    ...(cause === undefined || depth >= deepestCause ? {} : { cause: shownError(cause, depth + 1) }),
  };
}
