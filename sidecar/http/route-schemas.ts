// What each route takes and answers, as the server serialises by it and /openapi.json publishes it.
import { leaderAnswerSchema } from "../../contract/answer.ts";
import { refusals } from "./http-error.ts";

const pod = {
  type: "string",
  description: "The pod that the asker takes the sidecar for: 421 from any other pod's.",
} as const;

export const routeSchemas = {
  leader: {
    summary: "Whether this pod leads, and for how long",
    querystring: {
      type: "object",
      properties: {
        pod,
        gate: { type: "string", description: "Name of the gate that asks on its one kept connection." },
        wait: { type: "string", description: "Seconds (fractions allowed) to hold the answer; gates only." },
        index: {
          type: "string",
          description: "The index known: the answer is held while the state is that one.",
        },
      },
    },
    response: {
      200: leaderAnswerSchema,
      ...refusals("QUERY_INVALID", "OTHER_POD", "GATE_BUSY", "POLL_HELD", "GATE_GONE"),
    },
  },
  held: {
    summary: "200 if this pod leads, 503 if not: for shells and probes, and what takes under 2 s",
    querystring: { type: "object", properties: { pod } },
    response: {
      200: leaderAnswerSchema,
      503: leaderAnswerSchema,
      ...refusals("QUERY_INVALID", "OTHER_POD"),
    },
  },
  stepDown: {
    summary: "Step down: the lease goes when every promise has run out or been given back",
    querystring: { type: "object", properties: { pod } },
    response: { 202: leaderAnswerSchema, ...refusals("QUERY_INVALID", "OTHER_POD", "NOT_LEADING") },
  },
  holder: {
    summary: "The holder's name, as leader-elector has always answered it",
    response: {
      200: { type: "object", properties: { name: { type: "string" } } },
      ...refusals("QUERY_INVALID", "OTHER_POD"),
    },
  },
  contract: {
    summary: "This contract",
    response: {
      200: { type: "object", additionalProperties: true, description: "OpenAPI 3.1." },
      ...refusals("QUERY_INVALID", "OTHER_POD"),
    },
  },
};
