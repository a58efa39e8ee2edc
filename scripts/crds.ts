// `npm run crds`: writes the chart's CustomResourceDefinitions from those that the operator itself describes, one file per
// kind. With --check nothing is written, and the exit code is 1 if something would be.
import { existsSync, readdirSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { stringify } from "yaml";
import type { CustomResourceDefinition } from "../operator/resources/custom-resource.ts";
import { customResourceDefinitions } from "../operator/resources/definitions.ts";
import { recordKinds } from "../operator/resources/record-kinds.ts";
import { bringUpToDate } from "./written-files.ts";

const folder = fileURLToPath(new URL("../charts/bindy/templates/crds/", import.meta.url));
const isCheck = process.argv.includes("--check");

/**
 * The template of a kind: never in the chart's crds/, which Helm does not upgrade, and kept when the release goes, since
 * all objects of the kind would go with it.
 */
function template({ metadata, ...definition }: CustomResourceDefinition): string {
  const annotations = { "helm.sh/resource-policy": "keep" };
  const labels = { "bindy.firestoned.io/kind": "true" };
  const { apiVersion, kind, ...rest } = definition;
  const object = { apiVersion, kind, metadata: { ...metadata, labels, annotations }, ...rest };
  const yaml = stringify(object, { lineWidth: 0, aliasDuplicateObjects: false });
  if (yaml.includes("{{"))
    throw new Error(`${metadata.name}: {{ in a definition is Helm's, and must be escaped`);
  return `# Written by \`npm run crds\` from operator/resources/.\n{{- if .Values.crds.enabled }}\n${yaml}{{- end }}\n`;
}

const wanted = new Map(
  customResourceDefinitions.map((definition) => [`${definition.metadata.name}.yaml`, template(definition)]),
);
const plurals = JSON.stringify(recordKinds.map(({ resource }) => resource.plural));
wanted.set(
  "_record-plurals.tpl",
  `{{/* Written by \`npm run crds\`: the kinds of records, for the roles of tenants. */}}\n` +
    `{{- define "bindy.recordPlurals" -}}\n${plurals}\n{{- end }}\n`,
);
const ours = existsSync(folder) ? readdirSync(folder) : [];
const stale = bringUpToDate(folder, wanted, ours, isCheck);
if (isCheck && stale.length > 0) {
  process.stderr.write(
    `The chart's kinds are not the operator's: ${stale.join(", ")}. Run \`npm run crds\`.\n`,
  );
  process.exitCode = 1;
} else if (!isCheck) {
  process.stdout.write(`${customResourceDefinitions.length} kinds, ${stale.length} files changed\n`);
}
