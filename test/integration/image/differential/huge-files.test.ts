import { closeSync, mkdtempSync, openSync, readSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { indexLayer } from "../../../../lib/layer/index-layer.ts";
import { readContents } from "../../../../lib/layer/read-content.ts";
import { unless } from "../needs.ts";
import { noGnuTar, unpackWithTar } from "./engines.ts";
import type { LayerItem } from "./layer-items.ts";
import { tarOf } from "./layer-tar.ts";

/** Sparse files of more than 8 GiB, which eleven octal digits cannot tell: as GNU tar unpacks them, and as we read them. */

const gibibyte = 2 ** 30;
const text = "text behind the hole".padEnd(512, ".");

const item: LayerItem = {
  kind: "file",
  path: "huge",
  link: "",
  mode: 0o644,
  uid: 0,
  gid: 0,
  seconds: 1,
  nanos: 0,
  pieces: [
    { holeBytes: 0, text },
    { holeBytes: 9 * gibibyte, text },
  ],
  tailBytes: 3 * gibibyte,
  xattrs: [],
  device: { major: 0, minor: 0 },
  otherTimes: null,
  sizeForm: "octal",
  dialect: "pax",
  sparse: "1.0",
  prefix: "",
};

const tar = unless(noGnuTar);
describe.skipIf(tar.skip)(`against GNU tar${tar.why}`, () => {
  test.each([
    { sparse: "old", dialect: "gnu", sizeForm: "octal" },
    { sparse: "old", dialect: "gnu", sizeForm: "base256" },
    { sparse: "0.0", dialect: "pax", sizeForm: "octal" },
    { sparse: "0.1", dialect: "pax", sizeForm: "pax" },
    { sparse: "1.0", dialect: "pax", sizeForm: "base256" },
    { sparse: "1.0", dialect: "pax", sizeForm: "pax" },
  ] as const)("$sparse, stored size in $sizeForm", async forms => {
    const folder = mkdtempSync(join(tmpdir(), "kaniko-lab-huge-"));
    try {
      const bytes = tarOf([{ ...item, ...forms }]);
      const theirs = join(unpackWithTar(folder, bytes), "huge");
      const file = join(folder, "layer.tar");
      writeFileSync(file, bytes);
      const blob = { file, offset: 0, sizeBytes: bytes.length };
      const index = await indexLayer(blob, { indexFile: `${file}.index` });
      expect(index.entry(0)).toMatchObject({ path: "huge", sizeBytes: 12 * gibibyte + 2 * text.length });
      expect(index.entry(0).sizeBytes).toBe(statSync(theirs).size);
      const offsets: number[] = [];
      for await (const part of readContents(blob, index, [0])) {
        expect(Buffer.from(part.bytes).toString()).toBe(text);
        expect(textAt(theirs, part.offset, part.bytes.length)).toBe(text);
        offsets.push(part.offset);
      }
      expect(offsets).toEqual([0, text.length + 9 * gibibyte]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});

function textAt(file: string, offset: number, length: number): string {
  const handle = openSync(file, "r");
  try {
    const bytes = Buffer.alloc(length);
    readSync(handle, bytes, 0, length, offset);
    return bytes.toString();
  } finally {
    closeSync(handle);
  }
}
