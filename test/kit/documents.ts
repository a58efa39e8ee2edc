// YAML as kubectl and Helm print it: one object after the other.
import { parseAllDocuments } from "yaml";

/** The objects of a text; documents that are empty are left out. */
export function documentsOf(text: string): readonly object[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as object | null)
    .filter((object) => object !== null);
}
