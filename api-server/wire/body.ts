// Reads what a client sent: the bytes, up to a limit, and the value they say.
import type { IncomingMessage } from "node:http";
import { parse } from "yaml";
import { protobufObject, protobufType } from "./protobuf.ts";
import { ApiError, badRequest, tooLarge, unsupportedMediaType } from "../objects/status.ts";

const objectTypes: readonly string[] = ["application/json", "application/yaml"];

/** The whole body of a request. Throws a 413 once more than `limitBytes` have come. */
export async function readBody(request: IncomingMessage, limitBytes: number): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length;
    if (size > limitBytes) throw tooLarge(limitBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

/** The media type of a body, without its parameters; JSON when the client does not say. */
export function mediaTypeOf(header: string | undefined): string {
  const type = (header ?? "").split(";")[0]?.trim().toLowerCase() ?? "";
  return type === "" ? "application/json" : type;
}

/**
 * The value of a body that holds an object. Throws a 415 for a type that is not known here (of protobuf only the kinds
 * in protobuf.ts are), a 400 for bad text.
 */
export function objectBody(bytes: Buffer, mediaType: string): unknown {
  if (mediaType === protobufType) {
    const object = protobufObject(bytes);
    if (object !== null) return object;
  }
  if (!objectTypes.includes(mediaType)) throw unsupportedMediaType(objectTypes);
  return mediaType === "application/yaml" ? yamlValue(bytes) : jsonValue(bytes);
}

/** Throws a 400 for what is not JSON. */
export function jsonValue(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch (error) {
    throw malformed("json parse error", error);
  }
}

/** Throws a 400 for what is not YAML. JSON, which is YAML too, is read as that: it is much faster. */
export function yamlValue(bytes: Buffer): unknown {
  const text = bytes.toString("utf8");
  if (text.trimStart().startsWith("{")) return jsonValue(bytes);
  try {
    return parse(text, { maxAliasCount: 100 });
  } catch (error) {
    throw malformed("error converting YAML to JSON", error);
  }
}

function malformed(what: string, error: unknown): ApiError {
  return badRequest(
    `couldn't get version/kind; ${what}: ${error instanceof Error ? error.message : String(error)}`,
  );
}
