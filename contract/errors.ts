// What a request on the loopback is refused with: one code for each thing that can be wrong with it.

interface RequestErrorKind {
  /** HTTP status. */
  readonly status: number;
  readonly meaning: string;
  readonly remedy: string;
}

export const requestErrors = {
  QUERY_INVALID: {
    status: 400,
    meaning: "A field of the query is not known, or its value is out of range.",
    remedy: "`field` names it, and the message says what it must be.",
  },
  REQUEST_INVALID: {
    status: 400,
    meaning: "The request is not one that HTTP knows: a path that cannot be decoded, for instance.",
    remedy: "Send the path and the query as `/openapi.json` has them.",
  },
  ONE_AT_A_TIME: {
    status: 400,
    meaning:
      "A second request came before the first was answered, or a request has a body. The connection ends.",
    remedy: "Wait for each answer, and send no body.",
  },
  NOT_FOUND: {
    status: 404,
    meaning: "Nothing is at that path.",
    remedy: "The message lists the paths.",
  },
  METHOD_NOT_ALLOWED: {
    status: 405,
    meaning: "The path exists, and not for this method.",
    remedy: "`Allow` lists the methods.",
  },
  NOT_LEADING: {
    status: 409,
    meaning: "`DELETE /leader` found nothing to give up.",
    remedy: "None is needed: this pod does not lead.",
  },
  GATE_BUSY: {
    status: 409,
    meaning: "Another connection is the gate of this pod.",
    remedy: "Close yours, and try again soon: your predecessor's connection may not have ended yet.",
  },
  HOST_REFUSED: {
    status: 421,
    meaning: "The `Host` is not a loopback name.",
    remedy: "Ask at 127.0.0.1: no page in a browser may ask under a name of its own.",
  },
  OTHER_POD: {
    status: 421,
    meaning: "The request takes this sidecar for that of another pod.",
    remedy:
      "With `hostNetwork`, give each pod on a node its own LEADER_PORT, and its operator that LEADER_URL.",
  },
  POLL_HELD: {
    status: 429,
    meaning: "This connection has a poll that is held already.",
    remedy: "Wait for its answer.",
  },
  GATE_GONE: {
    status: 499,
    meaning: "The connection ended while its poll was held, so that nobody hears this.",
    remedy: "None is needed; it shows in the debug log alone.",
  },
  INTERNAL: {
    status: 500,
    meaning: "The sidecar failed to answer, which is a bug.",
    remedy: "Take it for no answer: what was promised before still holds. Send us the message, please.",
  },
} as const satisfies Readonly<Record<string, RequestErrorKind>>;

export type RequestErrorCode = keyof typeof requestErrors;
