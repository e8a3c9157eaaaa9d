/** YAML documents with comments, the same bytes for the same values. */

import { Document, isCollection, isMap, isScalar, Scalar, visit } from "yaml";
import { showText } from "../model/path-text.ts";

export interface YamlPart {
  readonly value: object;
  /** Lines in front of the document. */
  readonly header?: readonly string[];
  /** Lines in front of what is at a path. */
  readonly comments?: readonly (readonly [path: readonly (string | number)[], text: string])[];
}

export function yamlText(parts: readonly YamlPart[]): string {
  return parts.map(documentText).join("---\n");
}

function documentText({ value, header = [], comments = [] }: YamlPart): string {
  // Readers of YAML 1.1 take `yes`, `off` and `12:30` for no text.
  const document = new Document(value, { compat: "yaml-1.1", aliasDuplicateObjects: false });
  for (const [path, text] of comments) comment(document, path, text);
  visit(document, {
    Scalar(_, node) {
      // Folded lines and escapes in a script are hard to read.
      if (typeof node.value === "string" && node.value.includes("\n") && isPlainBlock(node.value))
        node.type = Scalar.BLOCK_LITERAL;
    },
  });
  return commentLines(header) + document.toString({ lineWidth: 0, flowCollectionPadding: true });
}

/** What a literal block holds as it is. */
function isPlainBlock(text: string): boolean {
  return /^[^\s]/.test(text) && !/[^\n\x20-\x7e\u00a0-\ud7ff]/.test(text) && !/[ \t]\n/.test(text);
}

function comment(document: Document, path: readonly (string | number)[], text: string): void {
  const parent = path.length === 1 ? document.contents : document.getIn(path.slice(0, -1), true);
  const key = path.at(-1);
  if (!isCollection(parent)) return;
  const node = isMap(parent)
    ? parent.items.find(item => isScalar(item.key) && item.key.value === key)?.key
    : parent.items[key as number];
  if (typeof node === "object" && node !== null) (node as Scalar).commentBefore = ` ${showText(text)}`;
}

/** `#` lines: text of a build cannot end them. */
export function commentLines(lines: readonly string[]): string {
  return lines.map(line => (line === "" ? "#\n" : `# ${showText(line)}\n`)).join("");
}
