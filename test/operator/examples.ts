// The manifests in examples/, as a user applies them, and when all of what they ask for is served.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { parseAllDocuments } from "yaml";
import { reasonOf, same, until, type Named, type Objects, type Stage } from "./stage.ts";

/** The ZoneFile of their zone. */
export const zoneFile = "primary.example.com";

export async function applyExamples(objects: Objects): Promise<void> {
  const directory = join(import.meta.dirname, "../../examples");
  const manifests = readdirSync(directory).filter((file) => file.endsWith(".yaml"));
  for (const file of manifests.toSorted()) {
    for (const document of parseAllDocuments(readFileSync(join(directory, file), "utf8"))) {
      await objects.apply(document.toJS() as Named);
    }
  }
}

export async function isUpToDate({ objects }: Stage): Promise<true> {
  return await until("all of it is served", async () => {
    const zone = await objects.get("DNSZone", "example-com");
    const record = await objects.get("ARecord", "www-example-com");
    const all = [reasonOf(zone), reasonOf(zone, "Progressing"), reasonOf(record)];
    return same(all, ["True Served", "False UpToDate", "True Published"]);
  });
}
