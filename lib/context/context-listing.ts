/**
 * What a build was given as its context: every file that its ignore file lets through, with all that a cache key of COPY
 * and ADD depends on. Kept as `builds/<id>/context.ndjson`: the first line tells of the whole, then one line for each path.
 */

import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { type Digest, isDigest } from "../model/digest.ts";

export type ContextType = "file" | "dir" | "symlink" | "other";

/** A path of the context, as it was when the build began. */
export interface ContextEntry {
  /** Relative to the context, `/` between names; bytes that are not UTF-8 as in `path-text.ts`. */
  readonly path: string;
  readonly type: ContextType;
  /** Permission bits with setuid, setgid and sticky. */
  readonly mode: number;
  /** As this machine has them: an executor in a user namespace or behind a copy can see others. */
  readonly uid: number;
  readonly gid: number;
  /** Of a file's content, else 0. */
  readonly sizeBytes: number;
  readonly mtimeMs: number;
  /** sha256 of a file's content; null for everything else, and where it was not read (see `ContextSummary.undigested`). */
  readonly contentDigest: Digest | null;
  /** Text of a symbolic link, else null. */
  readonly linkTarget: string | null;
}

export interface ContextSummary {
  readonly schemaVersion: 1;
  /** The ignore file that counted, relative to the context or with its whole path; null when there is none. */
  readonly ignoreFile: string | null;
  /** Its patterns, clean. */
  readonly patterns: readonly string[];
  /** Path of the Dockerfile in the context, or null when it lies elsewhere. */
  readonly dockerfile: string | null;
  /** Paths that the ignore file hides; a folder of which nothing gets through counts once. */
  readonly ignored: number;
  /** Files that were listed without a digest of their content: the context is too large, or they could not be read. */
  readonly undigested: number;
  /** There were more paths than are listed. */
  readonly truncated: boolean;
}

export interface ContextListing extends ContextSummary {
  /** In the order of a walk: a folder before what is in it. */
  readonly entries: readonly ContextEntry[];
}

const whole = z.int().check(z.gte(0));
const summaryShape = z.object({
  schemaVersion: z.literal(1),
  ignoreFile: z.nullable(z.string()),
  patterns: z.array(z.string()),
  dockerfile: z.nullable(z.string()),
  ignored: whole,
  undigested: whole,
  truncated: z.boolean(),
});

const entryShape = z.object({
  path: z.string().check(z.minLength(1), z.maxLength(1 << 16)),
  type: z.enum(["file", "dir", "symlink", "other"]),
  mode: whole,
  uid: whole,
  gid: whole,
  sizeBytes: whole,
  mtimeMs: z.number(),
  contentDigest: z.nullable(z.custom<Digest>(value => typeof value === "string" && isDigest(value))),
  linkTarget: z.nullable(z.string()),
});

export function listingText(listing: ContextListing): string {
  const { entries, ...summary } = listing;
  return `${[summary, ...entries].map(line => JSON.stringify(line)).join("\n")}\n`;
}

/** Paths that a listing can have. */
export const maxEntries = 200_000;

/** @throws LabError `damaged` with the line, `too-large` */
export async function parseListing(lines: AsyncIterable<string>, where: string): Promise<ContextListing> {
  let summary: ContextSummary | null = null;
  const entries: ContextEntry[] = [];
  let line = 0;
  for await (const text of lines) {
    line += 1;
    if (line > maxEntries + 1) throw new LabError("too-large", `${where} lists more than ${maxEntries} paths`);
    if (summary === null) summary = parseLine(summaryShape, text, `${where}:${line}`);
    else entries.push(parseLine(entryShape, text, `${where}:${line}`));
  }
  if (summary === null) throw new LabError("damaged", `${where} is empty`);
  return { ...summary, entries };
}

function parseLine<T>(shape: z.ZodMiniType<T>, text: string, where: string): T {
  try {
    return shape.parse(JSON.parse(text));
  } catch (error) {
    throw new LabError("damaged", `${where}: not a line of a context's listing`, { cause: error });
  }
}
