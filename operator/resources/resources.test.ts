import assert from "node:assert/strict";
import { test } from "node:test";
import fc from "fast-check";
import { withFindings } from "./conditions.ts";
import type { CustomResource, PrinterColumn, Schema } from "./custom-resource.ts";
import { customResourceDefinitions } from "./definitions.ts";
import { selects } from "./label-selector.ts";
import { srvRecord } from "./srv-record.ts";
import { timestamp } from "./timestamp.ts";
import { zoneFile } from "./zone-file.ts";

const finding = {
  type: "Ready",
  status: "True",
  reason: "Served",
  message: "yes",
  observedGeneration: 1,
} as const;

test("a condition keeps its time of transition while its status stays", () => {
  const first = withFindings([], [finding], "then");
  const second = withFindings(first, [{ ...finding, reason: "NotLoaded", observedGeneration: 2 }], "now");
  assert.equal(second[0]?.lastTransitionTime, "then");
  assert.equal(second[0]?.reason, "NotLoaded");
  assert.equal(withFindings(second, [{ ...finding, status: "False" }], "now")[0]?.lastTransitionTime, "now");
});

test("conditions of other types are kept", () => {
  const other = { ...finding, type: "Theirs", lastTransitionTime: "then" };
  assert.deepEqual(
    withFindings([other], [finding], "now").map(({ type }) => type),
    ["Ready", "Theirs"],
  );
});

test("a timestamp is what Date would say", () => {
  const moment = fc.integer({ min: 0, max: 4_102_444_800_000 });
  fc.assert(
    fc.property(moment, (wallMs) => {
      assert.equal(timestamp(wallMs), new Date(wallMs).toISOString().replace(/\.\d+Z$/, "Z"));
    }),
  );
});

test("a selector selects by equality and by set", () => {
  const labels = { app: "dns", tier: "public" };
  assert.ok(selects({}, labels));
  assert.ok(selects({ matchLabels: { app: "dns" } }, labels));
  assert.ok(!selects({ matchLabels: { app: "dns", zone: "x" } }, labels));
  const requirement = (operator: string, values?: string[]): boolean =>
    selects({ matchExpressions: [{ key: "tier", operator, ...(values ? { values } : {}) }] }, labels);
  assert.ok(requirement("In", ["public", "private"]));
  assert.ok(!requirement("NotIn", ["public"]));
  assert.ok(requirement("Exists"));
  assert.ok(!requirement("DoesNotExist"));
  assert.ok(!requirement("Unheard"));
  assert.ok(selects({ matchExpressions: [{ key: "none", operator: "NotIn", values: ["a"] }] }, labels));
});

test("a requirement that Kubernetes would refuse selects nothing", () => {
  const labels = { tier: "public" };
  const selected = (key: string, operator: string, values?: string[]): boolean =>
    selects({ matchExpressions: [{ key, operator, ...(values ? { values } : {}) }] }, labels);
  assert.ok(!selected("tier", "Exists", ["zzz"]));
  assert.ok(!selected("none", "DoesNotExist", ["zzz"]));
  assert.ok(selected("tier", "Exists", []));
  for (const operator of ["In", "NotIn"]) {
    assert.ok(!selected("none", operator));
    assert.ok(!selected("none", operator, []));
  }
  for (const value of ["a b", "-a", "a-", "x".repeat(64)])
    assert.ok(!selected("tier", "NotIn", [value]), value);
  for (const key of ["", "bad key!", "A.b/c", "/c", "a/b/c", "x".repeat(64), `${"x".repeat(254)}/c`])
    assert.ok(!selected(key, "DoesNotExist"), key);
  for (const key of ["x".repeat(63), `${"x".repeat(253)}/c`, "a.b-c/D_e.f"])
    assert.ok(selected(key, "DoesNotExist"), key);
  assert.ok(selected("tier", "NotIn", ["", "a.b_c-D", "x".repeat(63)]));
});

test("a label that is not there is not there, whatever it is called", () => {
  const selected = (operator: string): boolean =>
    selects({ matchExpressions: [{ key: "constructor", operator }] }, { tier: "public" });
  assert.ok(!selected("Exists"));
  assert.ok(selected("DoesNotExist"));
});

test("every kind has a structural schema that describes each of its fields, its short names, and readable columns", () => {
  const shortNames = customResourceDefinitions.map(({ spec }) => {
    const { names } = spec as { names: { kind: string; shortNames: string[] } };
    return [names.kind, names.shortNames];
  });
  assert.deepEqual(shortNames, [
    ["ClusterBind9Provider", ["cb9p", "cb9ps"]],
    ["Bind9Cluster", ["b9c", "b9cs"]],
    ["Bind9Instance", ["b9", "b9s"]],
    ["DNSZone", ["zone", "zones", "dz", "dzs"]],
    ["ARecord", ["a"]],
    ["AAAARecord", ["aaaa"]],
    ["CNAMERecord", ["cname"]],
    ["MXRecord", ["mx"]],
    ["TXTRecord", ["txt"]],
    ["NSRecord", ["nsr"]],
    ["SRVRecord", ["srv"]],
    ["CAARecord", ["caa"]],
    ["PTRRecord", ["ptr"]],
    ["ZoneFile", ["zf"]],
  ]);
  for (const definition of customResourceDefinitions)
    assertStructural(definition.spec, definition.metadata.name);
});

test("of each list of addresses it is explained what an empty one means", () => {
  const lists = ["allowQuery", "allowTransfer", "listenOn", "listenOnV6", "forwarders"];
  const places: Readonly<Record<string, readonly string[]>> = {
    Bind9Instance: lists.map((list) => `config.${list}`),
    Bind9Cluster: [
      ...lists.map((list) => `global.${list}`),
      "primary.allowTransfer",
      "secondary.allowTransfer",
      "acls.*",
    ],
  };
  for (const { spec } of customResourceDefinitions) {
    const { names, versions } = spec as { names: { kind: string }; versions: DefinedVersion[] };
    for (const place of places[names.kind.replace("ClusterBind9Provider", "Bind9Cluster")] ?? []) {
      const schema = ["spec", ...place.split(".")].reduce(below, versions[0]?.schema.openAPIV3Schema);
      assert.match(String(schema?.["description"]), /empty list/, `${names.kind} ${place}`);
    }
  }
});

test("a column shows one value, which is of the column's type", () => {
  for (const { metadata, spec } of customResourceDefinitions) {
    const [version] = (spec as { versions: DefinedVersion[] }).versions;
    assert.ok(version);
    for (const { name, type, jsonPath } of version.additionalPrinterColumns) {
      if (jsonPath.startsWith(".metadata.")) continue;
      const steps = jsonPath.match(/\[[^\]]*\]|[^.[\]]+/g) ?? [];
      const shown: Schema | undefined = steps.reduce<Schema | undefined>(
        (schema, step) => below(schema, step),
        version.schema.openAPIV3Schema,
      );
      assert.equal(shown?.["type"], type, `${metadata.name}: ${name}`);
    }
  }
});

test("the columns of a service are those of its record, and those of a ZoneFile tell whether it has arrived", () => {
  const columnsOf = ({ columns }: CustomResource): string[] => columns.map(({ name }) => name);
  assert.deepEqual(columnsOf(srvRecord.resource), [
    "Name",
    "Zone",
    "Priority",
    "Weight",
    "Target",
    "Port",
    "TTL",
    "Ready",
  ]);
  assert.deepEqual(columnsOf(zoneFile), ["Zone", "Instance", "Serial", "Records", "Loaded"]);
});

interface DefinedVersion {
  readonly additionalPrinterColumns: readonly PrinterColumn[];
  readonly schema: { readonly openAPIV3Schema: Schema };
}

function below(schema: Schema | undefined, step: string): Schema | undefined {
  if (step === "*") return schema?.["additionalProperties"] as Schema | undefined;
  if (step.startsWith("[?")) return schema?.["items"] as Schema | undefined;
  return (schema?.["properties"] as Readonly<Record<string, Schema>> | undefined)?.[step];
}

test("what people write is refused in sentences: of no spec a pattern or a bare bound is shown", () => {
  for (const { metadata, spec } of customResourceDefinitions) {
    if (metadata.name.startsWith("zonefiles")) continue; // the operator's own
    const [version] = (spec as { versions: DefinedVersion[] }).versions;
    const written = JSON.stringify(below(version?.schema.openAPIV3Schema, "spec"));
    assert.match(written, /"description":/);
    assert.doesNotMatch(written, /"(pattern|minLength|minItems|minimum|maximum)":/, metadata.name);
  }
});

// The rules for structural schemas that are easily broken: every property has a type, and lists have items.
function assertStructural(spec: unknown, name: string): void {
  const [version] = (spec as { versions: { schema: { openAPIV3Schema: object } }[] }).versions;
  const visit = (schema: Record<string, unknown>, path: string): void => {
    const isEither = schema["x-kubernetes-int-or-string"] === true;
    assert.equal(typeof schema["type"], isEither ? "undefined" : "string", `${name} ${path} has no type`);
    if (path !== "" && !/^\.(apiVersion|kind|metadata)$|\[\]$/.test(path))
      assert.match(JSON.stringify(schema["description"] ?? ""), /\w+/, `${name} ${path} has no description`);
    if (schema["type"] === "array") visit(schema["items"] as Record<string, unknown>, `${path}[]`);
    for (const [key, property] of Object.entries((schema["properties"] ?? {}) as Record<string, object>)) {
      visit(property as Record<string, unknown>, `${path}.${key}`);
    }
    const known = new Set(Object.keys(schema["properties"] ?? {}));
    for (const key of (schema["required"] ?? []) as string[]) {
      assert.ok(known.has(key), `${name} ${path} requires ${key}, which it lacks`);
    }
  };
  visit((version?.schema.openAPIV3Schema ?? {}) as Record<string, unknown>, "");
}
