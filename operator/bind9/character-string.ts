// Text in a zone file: quoted, and every octet that is not plain printable ASCII as \DDD (RFC 1035, section 5.1). What stands in it
// can never end the string, or the line.

/** The longest character-string, in octets (RFC 1035, section 3.3). */
export const longestString = 255;

const space = 0x20;
const tilde = 0x7e;
const quote = 0x22;
const backslash = 0x5c;

/** The text as one quoted string, however long it is. */
export function quotedString(text: string): string {
  return quoted(Buffer.from(text, "utf8"));
}

/** The text as character-strings, separated by spaces: one, or more where it is longer than one can be. */
export function characterString(text: string): string {
  const octets = Buffer.from(text, "utf8");
  const strings: string[] = [];
  for (let at = 0; at === 0 || at < octets.length; at += longestString) {
    strings.push(quoted(octets.subarray(at, at + longestString)));
  }
  return strings.join(" ");
}

function quoted(octets: Uint8Array): string {
  let text = "";
  for (const octet of octets) {
    if (octet === quote || octet === backslash) text += `\\${String.fromCodePoint(octet)}`;
    else if (octet >= space && octet <= tilde) text += String.fromCodePoint(octet);
    else text += `\\${String(octet).padStart(3, "0")}`;
  }
  return `"${text}"`;
}
