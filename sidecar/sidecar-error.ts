// The catalogue of what can go wrong at the sidecar's start, beside AccessError. Everything later heals by itself and is a `reason` instead.

export type SidecarErrorCode =
  /** The environment or the flags are wrong; `message` lists all that is. */
  | "CONFIG_INVALID"
  /** A listener could not be opened, most often because its port is in use. */
  | "LISTEN_FAILED";

export class SidecarError extends Error {
  readonly code: SidecarErrorCode;
  constructor(code: SidecarErrorCode, message: string, cause?: unknown) {
    super(message, { cause });
    this.name = "SidecarError";
    this.code = code;
  }
}
