import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Package } from "./package.ts";
import { parseRpmHeader } from "./rpm-header.ts";

/** The only form that rpm gives this table. A view or a computed column could make reading it take for ever. */
const tableForm =
  /^CREATE TABLE ['"`]?Packages['"`]? ?\(\s*hnum INTEGER PRIMARY KEY(?: AUTOINCREMENT)?,\s*blob BLOB NOT NULL\s*\)$/i;

const maximumPackages = 100_000;

/**
 * rpm's database in SQLite form.
 * @param scratch An existing folder for a copy: SQLite reads files only.
 * @throws Error of SQLite for a damaged one, or when its table is none of rpm's.
 */
export async function readRpmDatabase(bytes: Uint8Array, source: string, scratch: string): Promise<Package[]> {
  const { DatabaseSync } = await import("node:sqlite");
  const folder = await mkdtemp(join(scratch, "rpm-"));
  try {
    const file = join(folder, "rpmdb.sqlite");
    await writeFile(file, bytes);
    const database = new DatabaseSync(file, { allowExtension: false });
    try {
      database.exec("PRAGMA trusted_schema = OFF");
      const table = database.prepare("SELECT type, sql FROM sqlite_master WHERE name = 'Packages'").get();
      if (table?.type !== "table" || !tableForm.test(String(table.sql))) throw new Error("no table of packages");
      const rows = database.prepare("SELECT blob FROM Packages LIMIT ?").iterate(maximumPackages);
      return [...packagesOf(rows, source)];
    } finally {
      database.close();
    }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function* packagesOf(rows: Iterable<unknown>, source: string): Generator<Package, void, void> {
  for (const row of rows) {
    const { blob } = row as { blob: unknown };
    const header = blob instanceof Uint8Array ? parseRpmHeader(blob) : null;
    // Keys that signatures are checked with are in the database like packages.
    if (header === null || header.name === "gpg-pubkey") continue;
    const { name, version, architecture, sizeBytes } = header;
    yield { kind: "rpm", name, version, sizeBytes, source, key: `rpm ${name}.${architecture}` };
  }
}
