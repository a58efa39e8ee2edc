// Domain names in presentation form: validation, and the relations between them. A name here is in lower case, ends
// with a dot and needs no escaping, since only letters, digits, "-", "_", "/" and a leading "*" label are let in.

const label = /^[a-z0-9_/]([a-z0-9_/-]*[a-z0-9_/])?$/;
const hostLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
// RFC 1035, section 2.3.4: 255 octets on the wire, which has one more octet than the text with its last dot.
const longestText = 254;
const longestLabel = 63;

/** The absolute form of a zone's name (given without a trailing dot), or null if it is not a domain name. */
export function zoneOrigin(zoneName: string): string | null {
  const origin = `${zoneName.toLowerCase().replace(/\.$/, "")}.`;
  return isName(origin, label) ? origin : null;
}

/**
 * The absolute form of a record's name in the zone `origin`: "@" is the zone itself, a name with a trailing dot is
 * taken as it is, any other is relative. Null if it is not a domain name; it may still lie outside the zone.
 */
export function absoluteName(name: string, origin: string): string | null {
  const lower = name.toLowerCase();
  if (lower === "@") return origin;
  const absolute = lower.endsWith(".") ? lower : `${lower}.${origin}`;
  return isName(absolute.replace(/^\*\./, ""), label) && absolute.length <= longestText ? absolute : null;
}

/** The absolute form of a host's name, taken as fully qualified with or without its last dot; null if it is none. */
export function hostName(name: string): string | null {
  const absolute = `${name.toLowerCase().replace(/\.$/, "")}.`;
  return isName(absolute, hostLabel) ? absolute : null;
}

/** Whether an owner of addresses may be called so: named refuses a zone in which it may not (check-names). */
export function isHostOwner(name: string): boolean {
  return isName(name.replace(/^\*\./, ""), hostLabel);
}

/**
 * The responsible person's mailbox as a domain name (RFC 1035, section 8), whose first label may hold escaped dots;
 * null if it is none.
 */
export function mailboxName(name: string): string | null {
  const match = /^((?:[A-Za-z0-9_+-]|\\\.)+)\.(.+)$/.exec(name);
  const [, local, domain] = match ?? [];
  if (local === undefined || domain === undefined || local.length > longestLabel) return null;
  const host = hostName(domain);
  return host === null || local.length + 1 + host.length > longestText ? null : `${local}.${host}`;
}

/** Whether `name` is `ancestor` or lies below it. */
export function isWithin(name: string, ancestor: string): boolean {
  return name === ancestor || name.endsWith(`.${ancestor}`);
}

/**
 * By this text names sort as a zone is read: the zone first, then each name behind the name above it. Labels from the
 * root down, separated by a character that sorts before any that a label may hold.
 */
export function zoneOrder(name: string): string {
  return name.split(".").toReversed().join("\u0001");
}

function isName(absolute: string, shape: RegExp): boolean {
  if (absolute.length > longestText) return false;
  const labels = absolute.slice(0, -1).split(".");
  return labels.every((part) => part.length <= longestLabel && shape.test(part));
}
