import { writeFileSync } from "node:fs";
import { gzipSync, constants as zlib, zstdCompressSync } from "node:zlib";
import { describe, expect, test } from "vitest";
import { LabError } from "../../../lib/error.ts";
import { indexLayer } from "../../../lib/layer/index-layer.ts";
import type { LayerColumns } from "../../../lib/layer/layer-columns.ts";
import type { DiffId, Digest } from "../../../lib/model/digest.ts";
import { dir, file, hardlink, longName, pax, symlink, tar } from "./make-tar.ts";
import { scanContents } from "./scan-tar.ts";
import { indexed } from "./temporary.ts";

/**
 * A small layer, cut off after every byte and with every byte changed, in every form; of compressed ones every third byte,
 * where KANIKO_LAB_TEST_ALL is not set. Whoever knows the layer's digest must
 * be told every time. A bare layer file has no digest to check: it may be read as another layer where the change makes one
 * (plain tars have no checksum over contents), but where a form has checksums of its own, only the right layer may come out.
 */

const sparseRecords = { "GNU.sparse.size": "5000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "10,3,4000,2" };
const contentBytes = 780;
const layerTar = tar(
  dir("d/", { mtime: 1 }),
  file("d/f", "some content\n".repeat(contentBytes / 13)),
  pax({ path: "d/é", mtime: "-1.5", "SCHILY.xattr.user.a": "1" }),
  file("cut", "x"),
  longName(`d/${"l".repeat(120)}`),
  symlink("cut", "f"),
  hardlink("h", "d/f"),
  pax(sparseRecords),
  file("s", "abcde"),
);
const half = 2048;
const checked = { params: { [zlib.ZSTD_c_checksumFlag]: 1 } };
const skippable = Buffer.concat([Buffer.from([0x50, 0x2a, 0x4d, 0x18, 5, 0, 0, 0]), Buffer.from("hello")]);

interface Form {
  readonly name: string;
  readonly bytes: Buffer;
  /** Whether the form has checksums over all of the tar. */
  readonly guarded: boolean;
}

const forms: readonly Form[] = [
  { name: "gzip", bytes: gzipSync(layerTar), guarded: true },
  { name: "gzip in members", bytes: inMembers(), guarded: true },
  { name: "zstd", bytes: zstdCompressSync(layerTar, checked), guarded: true },
  {
    name: "zstd in frames",
    bytes: Buffer.concat([
      skippable,
      zstdCompressSync(layerTar.subarray(0, half), checked),
      skippable,
      zstdCompressSync(layerTar.subarray(half), checked),
    ]),
    guarded: true,
  },
  // Of a plain tar the headers are guarded, each by its checksum; the contents are not.
  { name: "plain tar", bytes: layerTar, guarded: false },
];

function inMembers(): Buffer {
  return Buffer.concat([gzipSync(layerTar.subarray(0, half)), gzipSync(layerTar.subarray(half))]);
}

function listing(index: LayerColumns): string {
  const lines = Array.from({ length: index.entryCount }, (_, at) => {
    const { path: name, type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, xattrs } = index.entry(at);
    const attributes = [...(xattrs ?? [])].map(([key, value]) => `${key}=${Buffer.from(value).toString("hex")}`);
    return [name, type, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, contentDigest, attributes].join(" ");
  });
  return lines.join("\n");
}

/** Reads changed copies of one layer. */
class Probe {
  readonly #place: string;
  readonly #guarded: boolean;
  readonly #digest: Digest;
  readonly #diffId: DiffId;
  readonly #right: string;

  private constructor(place: string, guarded: boolean, whole: LayerColumns) {
    this.#place = place;
    this.#guarded = guarded;
    this.#digest = whole.digest;
    this.#diffId = whole.diffId;
    this.#right = listing(whole);
  }

  static async of({ bytes, guarded }: Form): Promise<Probe> {
    const { blob, index } = await indexed(bytes);
    expect(index.entryCount).toBe(6);
    return new Probe(blob.file, guarded, index);
  }

  /** No index is kept, so that every try is a pass over the bytes. */
  async #read(content: Uint8Array, expectedDigest?: Digest, expectedDiffId?: DiffId): Promise<LayerColumns | LabError> {
    writeFileSync(this.#place, content);
    const blob = { file: this.#place, offset: 0, sizeBytes: content.length };
    try {
      return await indexLayer(blob, { indexFile: `${this.#place}/index`, expectedDigest, expectedDiffId });
    } catch (error) {
      // Anything else is a bug and ends the test with its own stack.
      if (error instanceof LabError) return error;
      throw error;
    }
  }

  /**
   * Tried without a digest, and where that is read, with the one that is expected.
   * @param isPart whether fewer entries may come out: where a whole part of the file and a whole entry end at once.
   */
  async check(content: Uint8Array, what: string, isPart = false): Promise<void> {
    const told = await this.#read(content);
    const known = await this.#read(content, this.#digest, this.#diffId);
    if (told instanceof LabError) {
      expectDamage(told, what);
      // Who knows the digests is told no other thing, though then checksums of gzip may be left out.
      expect(known, what).toMatchObject({ code: told.code });
      return;
    }
    if (isPart) expect(this.#right.startsWith(listing(told)), what).toBe(true);
    else if (this.#guarded) expect(listing(told), what).toBe(this.#right);
    for (const told of [known, await this.#read(content, this.#digest)]) {
      expect(told, what).toMatchObject({ code: "digest-mismatch", exitStatus: 5 });
    }
  }
}

function expectDamage({ code, exitStatus, message }: LabError, what: string): void {
  expect({ what, code, exitStatus }).toEqual({
    what,
    code: expect.stringMatching(/^(?:damaged|too-large)$/),
    exitStatus: 5,
  });
  expect(message, what).toMatch(/after \d+ bytes of the tar|at byte \d+ of the/);
}

describe.each(forms)("$name", form => {
  const { bytes } = form;
  // A plain tar is read at every byte below, in memory.
  const step = !form.guarded ? 61 : process.env.KANIKO_LAB_TEST_ALL ? 1 : 3;

  test("cut off anywhere", async () => {
    const probe = await Probe.of(form);
    for (let size = 0; size < bytes.length; size += step)
      await probe.check(bytes.subarray(0, size), `cut at ${size}`, true);
  });

  test("with one bit changed anywhere", async () => {
    const probe = await Probe.of(form);
    for (let at = 0; at < bytes.length; at += step) {
      const changed = Buffer.from(bytes);
      changed[at]! ^= 1 << (at % 8);
      await probe.check(changed, `bit ${at % 8} of byte ${at}`);
    }
  });

  test("with other bytes behind it", async () => {
    const probe = await Probe.of(form);
    for (const behind of [Buffer.from("x"), Buffer.alloc(7), Buffer.alloc(3000), Buffer.from("garbage".repeat(200))])
      await probe.check(Buffer.concat([bytes, behind]), `${behind.length} bytes behind`);
  });
});

describe("a plain tar in memory", () => {
  const right = listing(scanContents(layerTar));

  function listingOf(content: Uint8Array, what: string): string | null {
    try {
      return listing(scanContents(content));
    } catch (error) {
      if (!(error instanceof LabError)) throw error;
      expectDamage(error, what);
      return null;
    }
  }

  test("cut off after every byte: damage, or between two entries the ones before", () => {
    for (let size = 0; size < layerTar.length; size += 1) {
      const told = listingOf(layerTar.subarray(0, size), `cut at ${size}`);
      if (told !== null) expect(right.startsWith(told), `cut at ${size}`).toBe(true);
    }
  });

  test("with a bit changed in every byte: headers are guarded, contents are not", () => {
    const readAsOther: number[] = [];
    for (let at = 0; at < layerTar.length; at += 1) {
      const changed = Buffer.from(layerTar);
      changed[at]! ^= 1 << (at % 8);
      const told = listingOf(changed, `bit ${at % 8} of byte ${at}`);
      if (told !== null && told !== right) readAsOther.push(at);
    }
    const start = scanContents(layerTar).entry(1).contentOffset;
    expect(readAsOther.slice(0, contentBytes)).toEqual(Array.from({ length: contentBytes }, (_, i) => start + i));
  });
});
