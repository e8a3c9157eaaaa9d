/** The pages in which a registry lists tags (OCI distribution spec, "Listing Tags"). Pure. */

import * as z from "zod/mini";
import { LabError } from "../error.ts";

export interface TagPage {
  readonly tags: readonly string[];
  /** The query of the next page; null for the last one. */
  readonly next: string | null;
}

/** Registries give fewer when they want to. */
export const tagsPerPage = 1000;
/** A registry that always names a next page must come to an end, too. */
export const maxTagPages = 1000;

const form = z.object({ tags: z.nullable(z.array(z.string())) });
const tagForm = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}$/;

/** @throws LabError `damaged` */
export function parseTags(bytes: Uint8Array, where: string): string[] {
  try {
    const { tags } = form.parse(JSON.parse(Buffer.from(bytes).toString("utf8")));
    return (tags ?? []).filter(tag => tagForm.test(tag));
  } catch (error) {
    throw new LabError("damaged", `${where} is damaged`, { cause: error });
  }
}

/** From `Link: </v2/<name>/tags/list?n=…&last=…>; rel="next"`: only the query counts, the place is always the same. */
export function nextPage(link: string | null): string | null {
  const next = /<([^>]*)>\s*;[^,]*\brel="?next"?/i.exec(link ?? "")?.[1];
  const query = next?.split("?")[1];
  return query === undefined || query === "" || /[\s#]/.test(query) ? null : query;
}
