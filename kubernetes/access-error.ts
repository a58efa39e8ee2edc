// What stands between this program and the API server before anything was asked: a file that is missing, a kubeconfig that
// says nothing useful, a plugin that fails. Each message is a sentence that names the place and says the remedy.
import { StartError } from "../platform/start-error.ts";

/** Thrown where no usable way to the API server, or no credentials for it, can be had. */
export class AccessError extends StartError {
  constructor(message: string, cause?: unknown) {
    super("ACCESS_UNUSABLE", message, cause);
    this.name = "AccessError";
  }
}

/** Why a file cannot be read, in the words of the system: "ENOENT: no such file or directory". */
export function whyUnreadable(error: unknown): string {
  return ((error as Error).message || String(error)).replace(/, \w+( '.*')?$/, "");
}
