// When a server that refuses asks to be asked again.

/** The Retry-After header in ms; 0 when there is none, or none in seconds (RFC 9110 has dates too, which no API server sends). */
export function retryAfterMsOf(header: string | readonly string[] | undefined): number {
  const seconds = Number([header ?? []].flat()[0] ?? "0");
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}
