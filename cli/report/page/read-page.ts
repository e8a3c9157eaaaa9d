import { type Tables, unpackTables } from "../packed/unpack-tables.ts";
import type { PageDocument } from "../page-document.ts";

export interface PageData {
  readonly report: PageDocument;
  readonly tables: Tables;
}

/** Reads what the file brings along: the document, and the tables that are compressed. */
export async function readPage(): Promise<PageData> {
  const report = JSON.parse(textOf("report-document")) as PageDocument;
  const packed = Uint8Array.from(atob(textOf("report-tables")), character => character.charCodeAt(0));
  const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const tables = unpackTables(new Uint8Array(await new Response(inflated).arrayBuffer()));
  return { report, tables };
}

function textOf(id: string): string {
  const found = document.getElementById(id);
  const text = found?.textContent ?? "";
  // Its megabytes are not needed twice.
  found?.remove();
  return text;
}
