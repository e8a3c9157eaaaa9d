/** YAML files of CI systems: several documents, positions for errors, checked shapes. */

import {
  type CollectionTag,
  type Document,
  isAlias,
  isCollection,
  isMap,
  isPair,
  isScalar,
  isSeq,
  LineCounter,
  type ParsedNode,
  parseAllDocuments,
  type ScalarTag,
} from "yaml";
import { en } from "zod/locales";
import * as z from "zod/mini";
import { LabError } from "../error.ts";

// zod/mini says only "Invalid input" until it is given words.
z.config(en());

export type YamlPath = readonly (string | number)[];

/** YAML has text, numbers and truth values; for a command line all are text. */
export const text = z.pipe(z.union([z.string(), z.number(), z.boolean(), z.null()]), z.transform(asText));
export const textList = z.array(text);
export const textMap = z.record(z.string(), text);

function asText(value: string | number | boolean | null): string {
  return value === null ? "" : String(value);
}

/** Aliases may stand for this many nodes: more is a bomb. */
const maxAliasCount = 1000;

export interface YamlOptions {
  readonly customTags?: (ScalarTag | CollectionTag)[];
}

/** One document of a file. */
export class YamlDocument {
  readonly file: string;
  readonly value: unknown;
  readonly #document: Document.Parsed;
  readonly #lines: LineCounter;

  constructor(file: string, document: Document.Parsed, lines: LineCounter) {
    this.file = file;
    this.#document = document;
    this.#lines = lines;
    try {
      this.value = document.toJS({ maxAliasCount });
    } catch (error) {
      throw new LabError("config-invalid", `${file}: ${(error as Error).message}`);
    }
  }

  /** The line of what is at a path, or of the nearest thing above it; from 1. */
  lineOf(path: YamlPath): number {
    let node: unknown = this.#document.contents;
    let offset = offsetOf(node) ?? 0;
    for (const key of path) {
      if (isAlias(node)) node = node.resolve(this.#document);
      if (!isCollection(node)) break;
      const pair = isMap(node) ? node.items.find(item => isScalar(item.key) && item.key.value === key) : undefined;
      node = isSeq(node) ? node.items[key as number] : pair?.value;
      const found = offsetOf(node) ?? (isPair(pair) ? offsetOf(pair.key) : null);
      if (found === null) break;
      offset = found;
    }
    return this.#lines.linePos(offset).line;
  }

  /** The line where the text of a scalar begins: below the `|` of a block. */
  textLineOf(path: YamlPath): number {
    const node = this.#document.getIn(path, true);
    const isBlock = isScalar(node) && (node.type === "BLOCK_LITERAL" || node.type === "BLOCK_FOLDED");
    return this.lineOf(path) + (isBlock ? 1 : 0);
  }

  /** @throws LabError `config-invalid` with file and line. */
  check<Checked>(shape: z.ZodMiniType<Checked>, path: YamlPath = []): Checked {
    const checked = shape.safeParse(this.at(path));
    if (checked.success) return checked.data;
    const issue = checked.error.issues[0] as z.core.$ZodIssue;
    const where = [...path, ...(issue.path as (string | number)[])];
    throw this.fault(where, `${where.join(".") || "the document"}: ${issue.message}`);
  }

  at(path: YamlPath): unknown {
    let value = this.value;
    for (const key of path) value = (value as Record<string | number, unknown> | null | undefined)?.[key];
    return value;
  }

  fault(path: YamlPath, message: string, hint?: string): LabError {
    return new LabError("config-invalid", `${this.file}:${this.lineOf(path)}: ${message}`, { hint });
  }
}

function offsetOf(node: unknown): number | null {
  return (node as ParsedNode | null | undefined)?.range?.[0] ?? null;
}

/** @throws LabError `config-invalid` with file, line and column. */
export function parseYaml(content: string, file: string, options: YamlOptions = {}): YamlDocument[] {
  const lines = new LineCounter();
  const documents = parseAllDocuments(content, { lineCounter: lines, prettyErrors: false, merge: true, ...options });
  const parsed = Array.isArray(documents) ? documents : [];
  for (const document of parsed) {
    const broken = document.errors[0];
    if (!broken) continue;
    const { line, col } = lines.linePos(broken.pos[0]);
    throw new LabError("config-invalid", `${file}:${line}:${col}: ${broken.message}`);
  }
  return parsed.filter(document => document.contents !== null).map(each => new YamlDocument(file, each, lines));
}
