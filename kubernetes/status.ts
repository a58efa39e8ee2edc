// A Status, in which an API server says why it refused. What stands between may answer in its place, with anything at all.

export interface Status {
  readonly message: string;
  /** The reasons of `details.causes`. */
  readonly causes: readonly string[];
}

/** What a body says as a Status; null where it is none. */
export function statusOf(text: string): Status | null {
  let body: unknown;
  try {
    body = JSON.parse(text);
  } catch {
    return null; // a page of HTML from a proxy, say: the caller names the status code instead
  }
  const { kind, message, details } = propertiesOf(body);
  if (kind !== "Status" || typeof message !== "string") return null;
  const { causes } = propertiesOf(details);
  const reasons = (Array.isArray(causes) ? causes : []).map((cause) => propertiesOf(cause)["reason"]);
  return { message, causes: reasons.filter((reason) => typeof reason === "string") };
}

function propertiesOf(value: unknown): Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null ? { ...value } : {};
}
