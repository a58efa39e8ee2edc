// What is relied on about custom resources: a definition is established and then enforced; status apart from spec; applies
// that conflict; preconditions; owners; and columns for people.
import assert from "node:assert/strict";
import { after, before, describe, test } from "node:test";
import { openContractClient, type ContractClient, type ContractTarget } from "./target.ts";

const patienceMs = 30_000;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
const apply = { contentType: "application/apply-patch+yaml" };
const merge = { contentType: "application/merge-patch+json" };

/** A kind that has of everything one. */
function definition(group: string) {
  const spec = {
    type: "object",
    required: ["size"],
    properties: {
      size: { type: "integer", minimum: 1, maximum: 9 },
      colour: { type: "string", enum: ["red", "blue"], default: "red" },
      smallest: { type: "integer" },
      code: { type: "string", pattern: "(?i)^[[:alpha:]]+\\z" },
      every: { type: "string", format: "duration" },
    },
    "x-kubernetes-validations": [
      { rule: "!has(self.smallest) || self.smallest <= self.size", message: "smallest is larger than size" },
    ],
  };
  return {
    apiVersion: "apiextensions.k8s.io/v1",
    kind: "CustomResourceDefinition",
    metadata: { name: `widgets.${group}` },
    spec: {
      group,
      scope: "Namespaced",
      names: {
        kind: "Widget",
        listKind: "WidgetList",
        plural: "widgets",
        singular: "widget",
        shortNames: ["wd"],
      },
      versions: [
        {
          name: "v1",
          served: true,
          storage: true,
          subresources: { status: {} },
          additionalPrinterColumns: [
            { name: "Size", type: "integer", jsonPath: ".spec.size" },
            {
              name: "Ready",
              type: "string",
              jsonPath: '.status.conditions[?(@.type=="Ready")].status',
            },
          ],
          schema: {
            openAPIV3Schema: {
              type: "object",
              properties: {
                spec,
                status: {
                  type: "object",
                  properties: {
                    conditions: {
                      type: "array",
                      items: {
                        type: "object",
                        properties: { type: { type: "string" }, status: { type: "string" } },
                      },
                    },
                  },
                },
              },
            },
          },
        },
      ],
    },
  };
}

export function describeCustomResourceContract(server: string, target: () => ContractTarget): void {
  describe(`${server}: custom resources`, () => {
    const namespace = `widgets-${process.pid}`;
    const group = `contract-${process.pid}.example.com`;
    const widgets = `/apis/${group}/v1/namespaces/${namespace}/widgets`;
    let client: ContractClient;

    before(async () => {
      client = openContractClient(target());
      const made = await client.call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
      assert.equal(made.status, 201);
      const { status, body } = await client.call("POST", definitions, definition(group));
      assert.equal(status, 201, JSON.stringify(body));
      await established();
    });
    after(async () => {
      await client.call("DELETE", `${definitions}/widgets.${group}`);
      await client.call("DELETE", `/api/v1/namespaces/${namespace}`);
      await client.close();
    });

    async function established(): Promise<void> {
      const endMs = performance.now() + patienceMs;
      for (;;) {
        const { body } = await client.call("GET", `${definitions}/widgets.${group}`);
        const status = body.status as { conditions?: { type: string; status: string }[] | null } | undefined;
        const conditions = status?.conditions ?? [];
        const isServed = (await client.call("GET", widgets)).status === 200;
        if (
          isServed &&
          conditions.some((condition) => condition.type === "Established" && condition.status === "True")
        )
          return;
        assert.ok(performance.now() < endMs, JSON.stringify(conditions));
        await new Promise((resolve) => setTimeout(resolve, 50));
      }
    }

    const widget = (name: string, spec: object, metadata: object = {}) => ({
      apiVersion: `${group}/v1`,
      kind: "Widget",
      metadata: { name, namespace, ...metadata },
      spec,
    });
    async function create(name: string, spec: object = { size: 3 }, metadata: object = {}) {
      const { status, body } = await client.call("POST", widgets, widget(name, spec, metadata));
      assert.equal(status, 201, JSON.stringify(body));
      return body;
    }
    const causesOf = (details: unknown): readonly { field?: string; reason?: string }[] =>
      (details as { causes?: { field?: string; reason?: string }[] } | undefined)?.causes ?? [];

    test("what the schema forbids is a 422 that names every field", async () => {
      const { status, body } = await client.call(
        "POST",
        widgets,
        widget("bad", { size: 10, colour: "green" }),
      );
      assert.deepEqual([status, body.reason], [422, "Invalid"]);
      // A real server adds, without a field, that the rules were not looked at.
      const fields = causesOf(body.details).flatMap(({ field = "" }) =>
        field.startsWith("spec") ? [field] : [],
      );
      assert.deepEqual([...new Set(fields)].toSorted(), ["spec.colour", "spec.size"]);
      const missing = await client.call("POST", widgets, widget("bad", {}));
      assert.ok(causesOf(missing.body.details).some(({ field }) => field === "spec.size"));
    });

    test("patterns are those of RE2, and what is not one is refused with the definition", async () => {
      for (const [code, status] of [
        ["AB", 201],
        ["AB1", 422],
      ] as const) {
        const { body, ...answer } = await client.call(
          "POST",
          widgets,
          widget(`code-${status}`, { size: 3, code }),
        );
        assert.equal(answer.status, status, JSON.stringify(body));
      }
      const broken = structuredClone(definition(`broken.${group}`));
      const [version] = broken.spec.versions;
      assert.ok(version !== undefined);
      version.schema.openAPIV3Schema.properties.spec.properties.code.pattern = "(";
      const { status, body } = await client.call("POST", definitions, broken);
      assert.equal(status, 422);
      assert.match(
        body.message ?? "",
        /properties\[code\]\.pattern: Invalid value: "\(": must be a valid regular expression, but isn't: error parsing regexp: missing closing \): `\(`/,
      );
    });

    test("what is not of its format is of the wrong type", async () => {
      const { status, body } = await client.call(
        "POST",
        widgets,
        widget("when", { size: 3, every: "often" }),
      );
      assert.equal(status, 422);
      const [first] = causesOf(body.details);
      assert.deepEqual([first?.reason, first?.field], ["FieldValueTypeInvalid", "spec.every"]);
      assert.deepEqual((await create("whenever", { size: 3, every: "3 days" })).spec?.["every"], "3 days");
    });

    test("defaults are filled in, and fields that the schema does not know are dropped", async () => {
      const { spec } = await create("plain", { size: 3, weight: 4 });
      assert.deepEqual(spec, { size: 3, colour: "red" });
    });

    test("a CEL rule of a definition refuses what it is there to refuse", async () => {
      const { status, body } = await client.call("POST", widgets, widget("rule", { size: 1, smallest: 2 }));
      assert.deepEqual([status, body.reason], [422, "Invalid"]);
      assert.match(body.message ?? "", /smallest is larger than size/);
    });

    test("status is written by its subresource alone, and only a change of spec is a new generation", async () => {
      const made = await create("twofold");
      const status = { conditions: [{ type: "Ready", status: "True" }] };
      const ignored = await client.call("PUT", `${widgets}/twofold`, { ...made, status });
      assert.deepEqual([ignored.status, ignored.body.status], [200, undefined]);
      const spec = { size: 9 };
      const told = await client.call("PUT", `${widgets}/twofold/status`, { ...ignored.body, spec, status });
      assert.deepEqual([told.status, told.body.status], [200, status]);
      assert.deepEqual([told.body.spec?.["size"], told.body.metadata?.generation], [3, 1]);
      const changed = await client.call("PATCH", `${widgets}/twofold`, { spec }, merge);
      assert.deepEqual([changed.body.metadata?.generation, changed.body.status], [2, status]);
    });

    test("an apply of what another manager owns is a 409 that names field and manager, unless it is forced", async () => {
      const path = `${widgets}/shared`;
      const one = await client.call(
        "PATCH",
        `${path}?fieldManager=one`,
        widget("shared", { size: 1 }),
        apply,
      );
      assert.equal(one.status, 201);
      const two = await client.call(
        "PATCH",
        `${path}?fieldManager=two`,
        widget("shared", { size: 2 }),
        apply,
      );
      assert.deepEqual([two.status, two.body.reason], [409, "Conflict"]);
      assert.match(two.body.message ?? "", /conflict with "one": \.spec\.size/);
      assert.deepEqual(
        causesOf(two.body.details).map(({ reason, field }) => [reason, field]),
        [["FieldManagerConflict", ".spec.size"]],
      );
      const forced = `${path}?fieldManager=two&force=true`;
      const three = await client.call("PATCH", forced, widget("shared", { size: 2 }), apply);
      assert.deepEqual([three.status, three.body.spec?.["size"]], [200, 2]);
    });

    test("an apply takes away what its manager applied before and leaves out now", async () => {
      const path = `${widgets}/trimmed?fieldManager=one`;
      await client.call("PATCH", path, widget("trimmed", { size: 3, smallest: 2 }), apply);
      const { body } = await client.call("PATCH", path, widget("trimmed", { size: 3 }), apply);
      assert.equal(body.spec?.["smallest"], undefined);
    });

    test("an apply with uid and resourceVersion is a 409 for whatever is no longer that very object", async () => {
      const pinned = async (metadata: object): Promise<number> => {
        const path = `${widgets}/pinned?fieldManager=one&force=true`;
        return (await client.call("PATCH", path, widget("pinned", { size: 5 }, metadata), apply)).status;
      };
      const { uid, resourceVersion } = (await create("pinned")).metadata ?? {};
      await client.call("PATCH", `${widgets}/pinned`, { spec: { size: 4 } }, merge);
      assert.equal(await pinned({ uid, resourceVersion }), 409, "changed since");
      await client.call("DELETE", `${widgets}/pinned`);
      assert.equal(await pinned({ uid, resourceVersion }), 409, "deleted since");
      const again = (await create("pinned")).metadata ?? {};
      assert.equal(await pinned({ uid, resourceVersion }), 409, "deleted and made anew since");
      assert.equal(await pinned({ uid }), 422, "with the uid alone it is a field that cannot change");
      assert.equal(await pinned({ uid: again.uid, resourceVersion: again.resourceVersion }), 200);
    });

    test("an apply that changes nothing writes nothing", async () => {
      const path = `${widgets}/same?fieldManager=one`;
      const first = await client.call("PATCH", path, widget("same", { size: 3 }), apply);
      const again = await client.call("PATCH", path, widget("same", { size: 3 }), apply);
      assert.equal(again.body.metadata?.resourceVersion, first.body.metadata?.resourceVersion);
    });

    test("owner references are kept, and one without uid is a 422", async () => {
      const owner = await create("owner");
      const reference = {
        apiVersion: `${group}/v1`,
        kind: "Widget",
        name: "owner",
        uid: owner.metadata?.uid,
        controller: true,
        blockOwnerDeletion: true,
      };
      const owned = await create("owned", { size: 1 }, { ownerReferences: [reference] });
      assert.deepEqual(owned.metadata?.["ownerReferences"], [reference]);
      const bad = widget("unowned", { size: 1 }, { ownerReferences: [{ ...reference, uid: "" }] });
      const { status, body } = await client.call("POST", widgets, bad);
      assert.deepEqual([status, body.reason], [422, "Invalid"]);
    });

    test("a Table has the columns of the definition, with a cell for each", async () => {
      await create("shown", { size: 7 });
      const accept = "application/json;as=Table;v=v1;g=meta.k8s.io";
      const { body } = await client.call("GET", `${widgets}/shown`, undefined, { accept });
      const { columnDefinitions, rows } = body as unknown as {
        columnDefinitions: { name: string }[];
        rows: { cells: unknown[] }[];
      };
      assert.deepEqual(
        columnDefinitions.map(({ name }) => name),
        ["Name", "Size", "Ready"],
      );
      assert.deepEqual(
        rows.map(({ cells }) => cells),
        [["shown", 7, null]],
      );
    });

    test("a kind is discovered with its short name and its verbs", async () => {
      const { body } = await client.call("GET", `/apis/${group}/v1`);
      const { resources } = body as unknown as {
        resources: { name: string; shortNames?: string[]; verbs: string[] }[];
      };
      const found = resources.find(({ name }) => name === "widgets");
      assert.deepEqual(found?.shortNames, ["wd"]);
      assert.ok(
        ["create", "delete", "get", "list", "patch", "update", "watch"].every((verb) =>
          found?.verbs.includes(verb),
        ),
      );
      assert.ok(resources.some(({ name }) => name === "widgets/status"));
    });
  });
}
