// Kinds that a contract defines for a moment, each with a schema of its own, and what the server says of their rules.
import assert from "node:assert/strict";
import { after, before } from "node:test";
import {
  openContractClient,
  type ContractAnswer,
  type ContractClient,
  type ContractTarget,
} from "./target.ts";

const patienceMs = 30_000;
const definitions = "/apis/apiextensions.k8s.io/v1/customresourcedefinitions";
export const rules = "x-kubernetes-validations";
export const shortText = { type: "string", maxLength: 20 };
export const integer = { type: "integer" };
const merge = { contentType: "application/merge-patch+json" };

/** Field, message and reason of each cause. */
export function causesOf({ body }: ContractAnswer): readonly (readonly [string, string, string])[] {
  const { causes = [] } = (body.details ?? {}) as {
    causes?: { field?: string; message?: string; reason?: string }[];
  };
  return causes.map(({ field = "", message = "", reason = "" }) => [field, message, reason] as const);
}

export interface DefinedKind {
  /** How the server took the definition. */
  readonly answer: ContractAnswer;
  /** The definition anew, with another schema of spec. */
  redefine(spec: object): Promise<ContractAnswer>;
  /** Creates an object, once the kind is served, which takes a moment. */
  create(spec: object, name?: string): Promise<ContractAnswer>;
  patch(spec: object, name?: string): Promise<ContractAnswer>;
}

/** Registers the hooks of a suite; the function returned applies a definition with that schema of spec, and of the root. */
export function useDefinedKinds(
  prefix: string,
  target: () => ContractTarget,
): (spec: object, root?: object) => Promise<DefinedKind> {
  const namespace = `${prefix}-${process.pid}`;
  const group = `${namespace}.example.com`;
  const made: string[] = [];
  let client: ContractClient;
  let count = 0;

  before(async () => {
    client = openContractClient(target());
    const answer = await client.call("POST", "/api/v1/namespaces", { metadata: { name: namespace } });
    assert.equal(answer.status, 201);
  });
  after(async () => {
    for (const plural of made) await client.call("DELETE", `${definitions}/${plural}.${group}`);
    await client.call("DELETE", `/api/v1/namespaces/${namespace}`);
    await client.close();
  });

  function definition(plural: string, kind: string, spec: object, root: object) {
    return {
      apiVersion: "apiextensions.k8s.io/v1",
      kind: "CustomResourceDefinition",
      metadata: { name: `${plural}.${group}` },
      spec: {
        group,
        scope: "Namespaced",
        names: { kind, listKind: `${kind}List`, plural, singular: kind.toLowerCase() },
        versions: [
          {
            name: "v1",
            served: true,
            storage: true,
            schema: { openAPIV3Schema: { type: "object", properties: { spec }, ...root } },
          },
        ],
      },
    };
  }

  return async (schema, root = {}) => {
    count += 1;
    const [plural, kind] = [`things${count}`, `Thing${count}`];
    const answer = await client.call("POST", definitions, definition(plural, kind, schema, root));
    if (answer.status === 201) made.push(plural);
    const path = `/apis/${group}/v1/namespaces/${namespace}/${plural}`;
    return {
      answer,
      async redefine(other) {
        const name = `${definitions}/${plural}.${group}`;
        const { metadata } = (await client.call("GET", name)).body;
        return await client.call("PUT", name, { ...definition(plural, kind, other, root), metadata });
      },
      async create(spec, name = "a") {
        assert.equal(answer.status, 201, JSON.stringify(answer.body));
        const endMs = performance.now() + patienceMs;
        for (;;) {
          const body = { apiVersion: `${group}/v1`, kind, metadata: { name }, spec };
          const created = await client.call("POST", path, body);
          if (created.status !== 404) return created;
          assert.ok(performance.now() < endMs, "the kind is not served");
          await new Promise((resolve) => setTimeout(resolve, 50));
        }
      },
      patch: (spec, name = "a") => client.call("PATCH", `${path}/${name}`, { spec }, merge),
    };
  };
}
