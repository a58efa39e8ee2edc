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

/** Creates the log of a process. `fields` stand in every line; a field `error` that is an Error keeps its cause. */
export function createLog(level: LogLevel, fields: LogFields): Log {
  const logger = pino({
    level,
    base: fields,
    messageKey: "message",
    errorKey: "error",
    timestamp: () => `,"time":"${new Date().toISOString()}"`,
    formatters: { level: (label) => ({ level: label }) },
  });
  return {
    debug: (message, extra) => logger.debug(extra ?? {}, message),
    info: (message, extra) => logger.info(extra ?? {}, message),
    warn: (message, extra) => logger.warn(extra ?? {}, message),
    error: (message, extra) => logger.error(extra ?? {}, message),
  };
}
