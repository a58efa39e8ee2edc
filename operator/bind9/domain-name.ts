// Domain names in presentation form: validation, and the relations between them. A name here is in lower case, ends
// with a dot and needs no escaping, since only letters, digits, "-", "_", "/" and a leading "*" label are let in.

const label = /^[a-z0-9_/]([a-z0-9_/-]*[a-z0-9_/])?$/;
const hostLabel = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/;
// RFC 1035, section 2.3.4: 255 octets on the wire, which has one more octet than the text with its last dot.
const longestText = 254;
const longestLabel = 63;
const hostAddress = /^(\d+(\.\d+){3}\.?|[0-9a-f.]*:[0-9a-f.]*:[0-9a-f:.]*)$/;
const ipv4Network = /^\d+(\.\d+){3}(\/\d+)?(?=\.?$)/;
const globalCatalogue = "gc._msdcs.";

/** A name in its absolute form, or in words why there is none. */
export type ReadName =
  | { readonly kind: "name"; readonly name: string }
  | { readonly kind: "refused"; readonly why: string };

/** The absolute form of a zone's name, given with or without its last dot. An IPv4 address or network is refused: nobody asks for names below it. */
export function zoneOrigin(zoneName: string): ReadName {
  const [address] = ipv4Network.exec(zoneName) ?? [];
  if (address !== undefined) {
    const parts = address.split(/[./]/).slice(0, 4);
    const network = `${parts.slice(0, 3).toReversed().join(".")}.in-addr.arpa`;
    const remedy = `write the reverse zone of its network, like ${network}`;
    return refused(`${quoted(zoneName)} is an address, and not the name of a zone: ${remedy}`);
  }
  return read(zoneName, `${zoneName.toLowerCase().replace(/\.$/, "")}.`, label);
}

/**
 * The absolute form of a record's name in the zone `origin`: "@" is the zone itself, a name with a trailing dot is
 * taken as it is, any other is relative; it may still lie outside the zone. One that ends with the zone's own name and without a
 * dot is refused: it would be published under that name twice.
 */
export function absoluteName(name: string, origin: string): ReadName {
  const lower = name.toLowerCase();
  if (lower === "@") return { kind: "name", name: origin };
  const withDot = `${lower}.`;
  if (isWithin(withDot, origin)) {
    const relative = withDot === origin ? "@" : withDot.slice(0, -origin.length - 1);
    const remedy = `write ${quoted(relative)}, or ${quoted(withDot)} with its final dot`;
    return refused(`${quoted(name)} would be ${withDot}${origin}: ${remedy}`);
  }
  const absolute = lower.endsWith(".") ? lower : `${withDot}${origin}`;
  const found = read(name, absolute.replace(/^\*\./, ""), label);
  if (found.kind === "refused") return found;
  return absolute.length > longestText ? tooLong(name, absolute) : { kind: "name", name: absolute };
}

/** The absolute form of the name of a server, in the zone `origin`: read as `targetName` reads it, and never the root. */
export function serverName(name: string, origin: string): ReadName {
  if (name === ".") return refused(`${quoted(name)} is not a server: write its name`);
  return targetName(name, origin, true);
}

/**
 * The same of a server that the zone itself names. One of several labels that has no final dot is taken as it is where it lies in the zone, or is
 * its `primaryNs`: nobody means the zone's name twice.
 */
export function ownServerName(name: string, origin: string, primaryNs: string): ReadName {
  const absolute = `${name.toLowerCase()}.`;
  const isMeant = absolute === primaryNs || (name.includes(".") && isWithin(absolute, origin));
  return serverName(isMeant ? absolute : name, origin);
}

/**
 * The absolute form of a name that a record points at, in the zone `origin`: with a final dot it is taken as it is, a single label is
 * relative to the zone. Any other is refused, since it could mean both, and so is an address. "." is the root, which some types take for "none".
 */
export function targetName(name: string, origin: string, isHost: boolean): ReadName {
  const lower = name.toLowerCase();
  if (lower === ".") return { kind: "name", name: lower };
  if (lower === "@") return read(origin, origin, isHost ? hostLabel : label);
  if (hostAddress.test(lower)) {
    return refused(
      `${quoted(name)} is an address, and not the name of a host: write the name that has the address`,
    );
  }
  if (!lower.endsWith(".") && lower.includes(".")) {
    return refused(`${quoted(name)} could mean ${lower}. or ${lower}.${origin}: write the one that is meant`);
  }
  return read(name, lower.endsWith(".") ? lower : `${lower}.${origin}`, isHost ? hostLabel : label);
}

/**
 * Whether an owner of addresses, or of mail servers, may be called so: named refuses a zone in which it may not
 * (check-names). Of addresses it lets pass one name that is not a host's: an Active Directory's global catalogue.
 */
export function isHostOwner(name: string, isAddress: boolean): boolean {
  const host = isAddress && name.startsWith(globalCatalogue) ? name.slice(globalCatalogue.length) : name;
  return isName(host.replace(/^\*\./, ""), hostLabel);
}

/**
 * The responsible person's mailbox as a domain name (RFC 1035, section 8), whose first label may hold escaped dots. With or without its last dot
 * it is taken as fully qualified: it stands for a mail address, which is never relative.
 */
export function mailboxName(name: string): ReadName {
  if (name.includes("@")) return refused(`${quoted(name)}: write the @ as a dot`);
  const match = /^((?:[A-Za-z0-9_+-]|\\\.)+)\.(.+)$/.exec(name);
  const [, local, domain] = match ?? [];
  if (local === undefined || domain === undefined || local.length > longestLabel)
    return refused(
      `${quoted(name)} is not a mailbox written as a domain name: write one like "hostmaster.example.com."`,
    );
  const host = read(domain, `${domain.toLowerCase().replace(/\.$/, "")}.`, hostLabel);
  if (host.kind === "refused") return host;
  const mailbox = `${local}.${host.name}`;
  return mailbox.length > longestText ? tooLong(name, mailbox) : { kind: "name", name: mailbox };
}

/** Whether `name` is `ancestor` or lies below it. */
export function isWithin(name: string, ancestor: string): boolean {
  return name === ancestor || ancestor === "." || name.endsWith(`.${ancestor}`);
}

/**
 * By this text names sort as a zone is read: the zone first, then each name behind the name above it. Labels from the
 * root down, separated by a character that sorts before any that a label may hold.
 */
export function zoneOrder(name: string): string {
  return name.split(".").toReversed().join("\u0001");
}

/** Orders texts by their characters, the same everywhere. */
export function compareText(left: string, right: string): number {
  if (left === right) return 0;
  return left < right ? -1 : 1;
}

function read(written: string, absolute: string, shape: RegExp): ReadName {
  if (isName(absolute, shape)) return { kind: "name", name: absolute };
  // In ASCII it may have another length.
  if (absolute.length > longestText && isAscii(written)) return tooLong(written, absolute);
  return refused(whyNot(written, absolute, shape));
}

function isName(absolute: string, shape: RegExp): boolean {
  if (absolute.length > longestText) return false;
  const labels = absolute.slice(0, -1).split(".");
  return labels.every((part) => part.length <= longestLabel && shape.test(part));
}

function whyNot(written: string, absolute: string, shape: RegExp): string {
  if (!isAscii(written)) {
    const ascii = inAscii(written);
    const remedy = ascii === null ? "letters, digits, hyphens and _ only" : quoted(ascii);
    return `${quoted(written)} has letters beyond ASCII: write ${remedy}`;
  }
  const labels = absolute.slice(0, -1).split(".");
  const long = labels.find((part) => part.length > longestLabel);
  if (long !== undefined)
    return `${quoted(written)} has a label of more than ${longestLabel} characters: shorten ${quoted(long)}`;
  if (labels.includes(""))
    return `${quoted(written)} is not a domain name, since nothing stands between two of its dots: take one away, or write what is missing`;
  const wrong = labels.find((part) => !shape.test(part)) ?? "";
  if (wrong.includes("*"))
    return `${quoted(written)} is not a domain name: a * stands only as the first label of a record's name, and alone in it; write the name without it`;
  const what = shape === hostLabel ? "host name" : "domain name";
  const letters = shape === hostLabel ? "letters, digits and hyphens" : "letters, digits, hyphens and _";
  return `${quoted(written)} is not a ${what}: write ${quoted(wrong)} with ${letters}, and no hyphen at its ends`;
}

// What stands in a name that is to be looked at as the host of a URL, and beyond ASCII nothing that would be read as more than that.
const plainOrBeyond = /^[A-Za-z0-9_.\u0080-\u{10ffff}-]+$/u;

/** A name with letters beyond ASCII as DNS has it; null where it can have none. */
function inAscii(written: string): string | null {
  if (!plainOrBeyond.test(written)) return null;
  // The one that knows IDNA without an import is the parser of URLs. It takes numbers at the end of a host for an address, so that the name
  // does not stand there.
  const end = ".invalid";
  const relative = written.replace(/\.$/, "");
  const host = URL.parse(`http://${relative}${end}/`)?.hostname;
  if (host?.endsWith(end) !== true) return null;
  const ascii = host.slice(0, -end.length);
  return isName(`${ascii}.`, label) ? `${ascii}${written.slice(relative.length)}` : null;
}

function tooLong(written: string, absolute: string): ReadName {
  const length = absolute.length - 1;
  return refused(
    `${quoted(written)} would be a domain name of ${length} characters, and one has ${longestText - 1} at most: shorten it`,
  );
}

function isAscii(text: string): boolean {
  // oxlint-disable-next-line no-control-regex -- all of ASCII
  return !/[^\u0000-\u007f]/.test(text);
}

function refused(why: string): ReadName {
  return { kind: "refused", why };
}

function quoted(text: string): string {
  return JSON.stringify(text.length > longestText ? `${text.slice(0, longestText)}…` : text);
}
