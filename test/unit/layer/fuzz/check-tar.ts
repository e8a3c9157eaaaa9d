import { expect } from "vitest";
import { LabError } from "../../../../lib/error.ts";
import { decodeColumns, encodeColumns, partsOfIndex } from "../../../../lib/layer/index-format.ts";
import { LayerColumns } from "../../../../lib/layer/layer-columns.ts";
import type { Snapshot } from "../../../../lib/model/snapshot.ts";
import { applyLayers } from "../../../../lib/snapshot/apply-layers.ts";
import { diffSnapshots } from "../../../../lib/snapshot/diff-snapshots.ts";
import { scanTar } from "../scan-tar.ts";

/**
 * What must hold for any bytes: they are read as a layer, or refused with an error that names the place; in chunks of any
 * size the same comes out; the index survives being written; and what was read can be applied, listed and compared.
 */
export function checkTar(tar: Uint8Array, below: LayerColumns): void {
  const whole = readOrRefuse(tar, Math.max(1, tar.length));
  const inPieces = readOrRefuse(tar, 701);
  if (whole instanceof LabError || inPieces instanceof LabError) {
    expect(inPieces).toMatchObject({ code: (whole as LabError).code, message: (whole as LabError).message });
    return;
  }
  const listing = listingOf(whole);
  expect(listingOf(inPieces)).toEqual(listing);
  const kept = decodeColumns(new Uint8Array(Buffer.concat(partsOfIndex(encodeColumns(whole.data)))));
  expect(kept === null ? null : listingOf(new LayerColumns(kept))).toEqual(listing);
  for (const layers of [[whole], [below, whole], [whole, below], [below, whole, whole]]) checkTree(layers);
}

function readOrRefuse(tar: Uint8Array, chunkBytes: number): LayerColumns | LabError {
  try {
    return scanTar(tar, chunkBytes);
  } catch (error) {
    if (!(error instanceof LabError)) throw error;
    expect(error.code).toMatch(/^(?:damaged|too-large)$/);
    expect(error.message).toMatch(/ at byte \d+ of the tar$/);
    return error;
  }
}

function listingOf(columns: LayerColumns): string[] {
  return Array.from({ length: columns.entryCount }, (_, position) => {
    const { path, type, whiteout, mode, uid, gid, sizeBytes, mtimeNs, linkTarget, xattrs, device, contentOffset } =
      columns.entry(position);
    const attributes = [...(xattrs ?? [])].map(([name, value]) => `${name}=${Buffer.from(value).toString("hex")}`);
    const numbers = [mode, uid, gid, sizeBytes, mtimeNs, contentOffset, device?.major, device?.minor];
    expect(numbers.every(number => typeof number !== "number" || !Number.isNaN(number))).toBe(true);
    expect(path).not.toMatch(/^\/|\/$|\/\/|(^|\/)\.\.?(\/|$)|\0/);
    return [path, type, whiteout, linkTarget, ...numbers, ...attributes].join(" ");
  });
}

function applyOrRefuse(layers: readonly LayerColumns[]): Snapshot | null {
  try {
    return applyLayers(layers);
  } catch (error) {
    expect(error).toMatchObject({ name: "LabError", code: "too-large" });
    return null;
  }
}

function checkTree(layers: readonly LayerColumns[]): void {
  const snapshot = applyOrRefuse(layers);
  if (snapshot === null) return;
  const before = applyLayers(layers.slice(0, -1));
  const paths: string[] = [];
  for (const node of snapshot.walk()) {
    paths.push(node.path);
    expect(node.treeBytes).toBeGreaterThanOrEqual(0);
    expect(snapshot.node(node.path)?.path).toBe(node.path);
  }
  expect(new Set(paths).size).toBe(snapshot.nodeCount);
  const there = new Set(paths);
  for (const path of paths) expect(there.has(path.slice(0, path.lastIndexOf("/"))) || !path.includes("/")).toBe(true);
  // What the differences say, done to the paths before, gives the paths after.
  const played = new Set([...before.walk()].map(node => node.path));
  for (const { kind, path } of diffSnapshots(before, snapshot)) {
    if (kind === "D") played.delete(path);
    else played.add(path);
  }
  expect([...played].sort()).toEqual([...there].sort());
}
