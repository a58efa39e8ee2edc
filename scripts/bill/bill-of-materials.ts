// The papers of an image: what others have given to it, as a CycloneDX 1.6 bill of materials, which scanners read, and as
// licence texts, which people and lawyers read. Same packages, same bytes: the serial number is made from the content.
import { createHash } from "node:crypto";
import type { BundledPackage } from "./bundled-packages.ts";

export interface BilledImage {
  readonly name: string;
  readonly version: string;
  /** Seconds since 1970: the time of the sources. */
  readonly sourceDate: number;
}

export function billOfMaterials(image: BilledImage, packages: readonly BundledPackage[]): string {
  const root = `${image.name}@${image.version}`;
  const refs = new Map(packages.map((one) => [one.folder, purl(one)]));
  const content = {
    metadata: {
      timestamp: new Date(image.sourceDate * 1000).toISOString(),
      component: {
        type: "application",
        "bom-ref": root,
        name: image.name,
        version: image.version,
        licenses: [{ license: { id: "Apache-2.0" } }],
      },
    },
    components: packages.map(component),
    dependencies: [
      { ref: root, dependsOn: packages.filter(({ isDirect }) => isDirect).map(purl) },
      ...packages.map((one) => ({
        ref: purl(one),
        dependsOn: one.imports.flatMap((folder) => refs.get(folder) ?? []),
      })),
    ],
  };
  const bill = {
    $schema: "http://cyclonedx.org/schema/bom-1.6.schema.json",
    bomFormat: "CycloneDX",
    specVersion: "1.6",
    serialNumber: `urn:uuid:${uuidOf(JSON.stringify(content))}`,
    version: 1,
    ...content,
  };
  return `${JSON.stringify(bill, null, 2)}\n`;
}

/** Every package with the full text of its licence. */
export function thirdPartyLicenses(image: string, packages: readonly BundledPackage[]): string {
  const rule = "-".repeat(100);
  const sections = packages.map(
    ({ name, version, license, licenseText }) =>
      `${rule}\n${name} ${version} (${license})\n${rule}\n\n${licenseText}\n`,
  );
  return [
    `The image ${image} is under the Apache License 2.0, which lies beside this file. Its programs contain code of the`,
    `following ${packages.length} packages, under their own licenses. What the base image brings has its own.\n`,
    ...sections,
  ].join("\n");
}

function component(one: BundledPackage): object {
  const { name, version, license } = one;
  const [, scope, plain] = /^(?:(@[^/]+)\/)?(.+)$/.exec(name) ?? [];
  return {
    type: "library",
    "bom-ref": purl(one),
    ...(scope === undefined ? {} : { group: scope }),
    name: plain,
    version,
    licenses: [/ (OR|AND) /.test(license) ? { expression: license } : { license: { id: license } }],
    purl: purl(one),
  };
}

/** The package's address, as scanners know it. */
function purl({ name, version }: BundledPackage): string {
  return `pkg:npm/${name.replace("@", "%40")}@${version}`;
}

function uuidOf(content: string): string {
  const hex = createHash("sha256").update(content).digest("hex");
  // Version 8 and the usual variant, as RFC 9562 asks of one that is made by a rule of one's own.
  const variant = (8 + (Number.parseInt(hex.charAt(16), 16) % 4)).toString(16);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-8${hex.slice(13, 16)}-${variant}${hex.slice(17, 20)}-${hex.slice(20, 32)}`;
}
