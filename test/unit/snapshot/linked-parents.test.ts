import { createHash } from "node:crypto";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import fc from "fast-check";
import { expect, test } from "vitest";
import type { Snapshot } from "../../../lib/model/snapshot.ts";
import { applyLayer, emptySnapshot } from "../../../lib/snapshot/apply-layers.ts";
import { dir, file, symlink, tar } from "../layer/make-tar.ts";
import { scanContents } from "../layer/scan-tar.ts";
import { type DiskItem, listingOfDisk, unpackOnDisk } from "./disk-engine.ts";

const name = fc.constantFrom("a", "b", "c", "l");
const place = fc.array(name, { minLength: 1, maxLength: 3 }).map(names => names.join("/"));
const target = fc.constantFrom("a", "b", "../a", "/b", "/a/b", "../../c", "./b", "l", "../l", "missing");

const item: fc.Arbitrary<DiskItem> = fc.oneof(
  fc.record({ kind: fc.constant("file" as const), path: place, content: fc.stringMatching(/^[a-z]{4}$/) }),
  fc.record({ kind: fc.constant("dir" as const), path: place }),
  fc.record({ kind: fc.constant("whiteout" as const), path: name }),
  fc.record({ kind: fc.constant("symlink" as const), path: place, target }),
);

const layers = fc.array(fc.array(item, { maxLength: 8 }), { minLength: 1, maxLength: 4 });

function memberOf(entry: DiskItem): Buffer {
  switch (entry.kind) {
    case "file":
      return file(entry.path, entry.content);
    case "dir":
      return dir(`${entry.path}/`);
    case "whiteout":
      return file(`.wh.${entry.path}`);
    case "symlink":
      return symlink(entry.path, entry.target);
  }
}

function listingOf(snapshot: Snapshot): string[] {
  return [...snapshot.walk()].map(node => {
    if (node.type === "dir") return `${node.path} dir`;
    return node.type === "symlink" ? `${node.path} -> ${node.linkTarget}` : `${node.path} ${node.contentDigest}`;
  });
}

function withDigests(lines: readonly string[]): string[] {
  return lines.map(line => {
    const [, start, content] = /^(\S+) = (.*)$/.exec(line) ?? [];
    return content === undefined ? line : `${start} sha256:${createHash("sha256").update(content).digest("hex")}`;
  });
}

test("paths that lead through links end where a real file system has them", () => {
  fc.assert(
    fc.property(layers, stack => {
      const root = mkdtempSync(path.join(tmpdir(), "klab-test-"));
      try {
        let snapshot = emptySnapshot;
        for (const items of stack) {
          unpackOnDisk(root, items);
          snapshot = applyLayer(snapshot, scanContents(tar(...items.map(memberOf))));
          expect(listingOf(snapshot)).toEqual(withDigests(listingOfDisk(root)));
        }
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    }),
    { numRuns: 400 },
  );
});
