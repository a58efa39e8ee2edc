// A configuration that would make the election unsafe or impossible.

/** `message` lists all that is wrong, one a line. */
export class ConfigError extends Error {
  readonly code = "CONFIG_INVALID";
  constructor(message: string) {
    super(message);
    this.name = "ConfigError";
  }
}
