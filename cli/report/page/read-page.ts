import { type Tables, unpackTables } from "../packed/unpack-tables.ts";
import type { PageDocument } from "../page-document.ts";

export interface PageData {
  readonly report: PageDocument;
  readonly tables: Tables;
}

/** Reads what the file brings along: the document, and the tables that are compressed. */
export async function readPage(): Promise<PageData> {
  const report = JSON.parse(textOf("report-document")) as PageDocument;
  const packed = bytesOfBase64(textOf("report-tables"));
  const inflated = new Blob([packed]).stream().pipeThrough(new DecompressionStream("gzip"));
  const tables = unpackTables(new Uint8Array(await new Response(inflated).arrayBuffer()));
  return { report, tables };
}

/** Letter by letter: `Uint8Array.from` takes five times as long for two megabytes. */
function bytesOfBase64(text: string): Uint8Array<ArrayBuffer> {
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let at = 0; at < bytes.length; at += 1) bytes[at] = letters.charCodeAt(at);
  return bytes;
}

function textOf(id: string): string {
  const found = document.getElementById(id);
  const text = found?.textContent ?? "";
  // Its megabytes are not needed twice.
  found?.remove();
  return text;
}
