// What a zone's ZoneFile object is called. A zone's name is nearly always a legal object name too, and then people
// should find it there; where it is not (RFC 2317's "/", underscores, length), a hash keeps two zones apart.
import { createHash } from "node:crypto";

const objectName = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
// The agent makes a file name of it, which Linux limits to 255 bytes with what is added.
const longestName = 200;
const hashed = /-[0-9a-f]{16}$/;

/**
 * The name of the ZoneFile of `zoneName` for `instanceName`, which must be a DNS label. No two zones have one name: a zone's own name that
 * ends as a hash does is hashed too.
 */
export function zoneFileName(instanceName: string, zoneName: string): string {
  const zone = zoneName.toLowerCase();
  const plain = `${instanceName}.${zone}`;
  if (objectName.test(plain) && plain.length <= longestName && !hashed.test(plain)) return plain;
  const hash = createHash("sha256").update(zone).digest("hex").slice(0, 16);
  const readable = zone
    .replaceAll(/[^a-z0-9]+/g, "-")
    .slice(0, 100)
    .replace(/^-/, "");
  // By the hyphen before it a hash is told from a zone that is called so.
  return `${instanceName}.${readable === "" ? "zone" : readable}-${hash}`;
}
