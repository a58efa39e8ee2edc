// Records of a zone and what is compiled of them, for tests that say each by name.
import assert from "node:assert/strict";
import { serverType } from "./any-zone-fixture.ts";
import { addressType } from "./resource-record.ts";
import type { RecordInput } from "./resource-record.ts";
import { compileZone } from "./zone-compiler.ts";
import type { CompiledZone, PublishedZone, ZoneInput } from "./zone-compiler.ts";

/** Long ago: serials count up from 1. */
export const nowS = 1;

export function record(
  id: string,
  name: string,
  texts: readonly string[],
  more: Partial<RecordInput> = {},
): RecordInput {
  const values = texts.map((text) => ({ text }));
  return { id, age: id, type: addressType, name, ttl: undefined, values, refused: [], ...more };
}

export function delegation(id: string, name: string, hosts: readonly string[]): RecordInput {
  const values = hosts.map((host) => ({ text: host, host }));
  return { ...record(id, name, []), type: serverType, values };
}

export function compiled(
  input: ZoneInput,
  records: readonly RecordInput[],
  previous: PublishedZone | null = null,
): CompiledZone {
  const result = compileZone(input, records, previous, nowS);
  assert.ok(result.kind === "compiled", JSON.stringify(result.diagnostics));
  return result;
}

export function reasons(result: { diagnostics: readonly { id: string | null; reason: string }[] }): string[] {
  return result.diagnostics.map(({ id, reason }) => `${id} ${reason}`);
}
