import { createHash, type Hash } from "node:crypto";
import { ColumnsBuilder } from "../../../lib/layer/columns-builder.ts";
import { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import { defaultLimits, type LayerLimits } from "../../../lib/layer/limits.ts";
import type { PlainRowsSink } from "../../../lib/layer/plain-entries.ts";
import { TarScanner } from "../../../lib/layer/tar-scanner.ts";
import type { DiffId, Digest } from "../../../lib/model/digest.ts";

/** The columns of a tar's headers, without contents; pushed in chunks of a given size. */
export function scanTar(tar: Uint8Array, chunkBytes = tar.length, limits: Partial<LayerLimits> = {}): LayerColumns {
  const bounds = { ...defaultLimits, ...limits };
  const builder = new ColumnsBuilder(bounds);
  const scanner = new TarScanner({ entry: header => builder.add(header), content() {}, contentEnd() {} }, bounds);
  for (let at = 0; at < tar.length; at += chunkBytes) scanner.push(tar.subarray(at, at + chunkBytes));
  scanner.end();
  const digest = `sha256:${createHash("sha256").update(tar).digest("hex")}` as Digest & DiffId;
  return new LayerColumns(
    builder.finish({ digest, diffId: digest, compression: "none", sizeBytes: 0, tarBytes: tar.length }),
  );
}

/** The paths of all entries. */
export function pathsOf(columns: LayerColumns): string[] {
  return Array.from({ length: columns.entryCount }, (_, position) => columns.path(position));
}

export interface ContentScan {
  /** The ends of the chunks in which the tar is pushed. */
  readonly cuts?: readonly number[];
  /** Whether entries with plain headers are read many at a time. */
  readonly plain?: boolean;
  readonly limits?: Partial<LayerLimits>;
}

/** As `scanTar`, with the digests of contents. */
export function scanContents(
  tar: Uint8Array,
  { cuts = [], plain = false, limits = {} }: ContentScan = {},
): LayerColumns {
  const bounds = { ...defaultLimits, ...limits };
  const builder = new ColumnsBuilder(bounds);
  let hash: Hash | null = null;
  const rows: PlainRowsSink = {
    room: () => builder.plainRoom,
    pathStart: () => builder.pathStart,
    take: some => builder.addPlain(some),
  };
  const scanner = new TarScanner(
    {
      entry(header) {
        builder.add(header);
        hash = builder.lastIsFile ? createHash("sha256") : null;
      },
      content: (chunk, from, to) => hash?.update(chunk.subarray(from, to)),
      contentEnd() {
        if (hash !== null) builder.setDigest(hash.digest());
      },
      ...(plain ? { plain: rows } : {}),
    },
    bounds,
  );
  for (const [i, start] of [0, ...cuts].entries()) scanner.push(tar.subarray(start, cuts[i]));
  scanner.end();
  const digest = `sha256:${createHash("sha256").update(tar).digest("hex")}` as Digest & DiffId;
  return new LayerColumns(
    builder.finish({ digest, diffId: digest, compression: "none", sizeBytes: 0, tarBytes: tar.length }),
  );
}
