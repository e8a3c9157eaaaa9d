/** Secrets in the contents of a layer. */

import { kindBits, type LayerColumns, typeCode } from "../../layer/layer-columns.ts";
import type { BlobLocation } from "../../model/layer-index.ts";
import { headBytes, isConfirmed, type SecretName, secretNameOf } from "../secrets/secret-names.ts";
import { type SecretMatch, SecretScanner } from "../secrets/secret-scanner.ts";
import { type ContentVisitor, walkContents } from "../walk-contents.ts";
import { entryFinding, Findings } from "./finding.ts";

export interface SearchedLayer {
  /** Position in the list that is judged. */
  readonly position: number;
  readonly columns: LayerColumns;
  /** Null when only the listing was kept: then names alone tell. */
  readonly blob: BlobLocation | null;
}

/** @throws LabError `damaged`, `too-large`, `blob-missing`, `cancelled`. */
export async function checkContents(
  layer: SearchedLayer,
  signal?: AbortSignal,
  onBytes?: (count: number) => void,
): Promise<Findings> {
  const findings = new Findings();
  const { position, columns, blob } = layer;
  if (!hasContents(columns)) return findings;
  if (blob === null) {
    checkNamesAlone(layer, findings);
    return findings;
  }
  const visitor = new SecretVisitor(position, columns, findings);
  await walkContents(blob, columns, visitor, signal, onBytes);
  if (visitor.gaveUp)
    findings.add(
      notSearched(position, "the layer has millions of starts of secrets that are none: the search was ended"),
    );
  return findings;
}

function hasContents(columns: LayerColumns): boolean {
  return columns.data.sizes.some(size => size > 0);
}

function checkNamesAlone({ position, columns }: SearchedLayer, findings: Findings): void {
  findings.add(notSearched(position, "only the listing of the layer is here"));
  for (let entry = 0; entry < columns.entryCount; entry += 1) {
    if (!isFile(columns, entry) || columns.data.sizes[entry] === 0) continue;
    const name = secretNameOf(columns.pathBytes(entry));
    if (name !== null)
      findings.add(entryFinding("secret-file", position, columns, entry, `${name.title}, by its name`));
  }
}

function notSearched(layer: number, detail: string) {
  return { rule: "not-searched", layer, step: null, path: null, entry: null, tarOffset: null, detail, gone: null };
}

function isFile(columns: LayerColumns, entry: number): boolean {
  return (columns.data.kinds[entry]! & kindBits.type) === typeCode.file && columns.whiteout(entry) === null;
}

/** Rides on one walk over the contents of a layer. */
class SecretVisitor implements ContentVisitor {
  readonly #position: number;
  readonly #columns: LayerColumns;
  readonly #findings: Findings;
  readonly #scanner = new SecretScanner();
  #entry = -1;
  #name: SecretName | null = null;
  /** The start of a content whose name is suspicious. */
  #head = "";

  constructor(position: number, columns: LayerColumns, findings: Findings) {
    this.#position = position;
    this.#columns = columns;
    this.#findings = findings;
  }

  get gaveUp(): boolean {
    return this.#scanner.gaveUp;
  }

  wants(entry: number): boolean {
    if (!isFile(this.#columns, entry) || this.#columns.data.sizes[entry] === 0) return false;
    this.#entry = entry;
    this.#name = secretNameOf(this.#columns.pathBytes(entry));
    this.#head = "";
    return true;
  }

  content(part: Uint8Array): void {
    if (this.#name !== null && this.#head.length < headBytes) {
      const start = part.subarray(0, headBytes - this.#head.length);
      this.#head += Buffer.from(start.buffer, start.byteOffset, start.length).toString("latin1");
    }
    this.#scanner.push(part);
  }

  end(): void {
    if (this.#name !== null && isConfirmed(this.#name, this.#head)) this.#report("secret-file", this.#name.title);
    const byRule = Map.groupBy(this.#scanner.end(), match => match.pattern.rule);
    for (const [rule, matches] of byRule) this.#report(rule, matchText(matches));
  }

  #report(rule: string, detail: string): void {
    this.#findings.add(entryFinding(rule, this.#position, this.#columns, this.#entry, detail));
  }
}

function matchText(matches: readonly SecretMatch[]): string {
  const [first, ...more] = matches as [SecretMatch, ...SecretMatch[]];
  const others = more.length === 0 ? "" : `, and ${more.length} more`;
  return `${first.pattern.title} at byte ${first.offset}: ${first.masked}${others}`;
}
