import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { readContent, readContents } from "../../../lib/layer/read-content.ts";
import { file, pax, symlink, tar } from "./make-tar.ts";
import { indexed } from "./temporary.ts";

async function textOf(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const parts: Uint8Array[] = [];
  for await (const chunk of chunks) parts.push(chunk);
  return Buffer.concat(parts).toString("latin1");
}

const long = "0123456789".repeat(300_000);
const sparse = { "GNU.sparse.size": "200000", "GNU.sparse.numblocks": "2", "GNU.sparse.map": "10,3,70000,2" };
const layer = gzipSync(
  tar(
    file("a", "first"),
    file("empty"),
    file("long", long),
    symlink("s", "a"),
    pax(sparse),
    file("sparse", "abcde"),
    file("z", "last"),
  ),
);

test("every content, also of many chunks, of sparse files whole, and of none", async () => {
  const { blob, index } = await indexed(layer);
  expect(await textOf(readContent(blob, index, 0))).toBe("first");
  expect(await textOf(readContent(blob, index, 1))).toBe("");
  expect((await textOf(readContent(blob, index, 2))) === long).toBe(true);
  expect(await textOf(readContent(blob, index, 3))).toBe("");
  const whole = Buffer.alloc(200_000);
  whole.write("abc", 10);
  whole.write("de", 70_000);
  expect((await textOf(readContent(blob, index, 4))) === whole.toString("latin1")).toBe(true);
  expect(await textOf(readContent(blob, index, 5))).toBe("last");
});

test("several contents in one pass, in the order of the layer", async () => {
  const { blob, index } = await indexed(layer);
  const seen: string[] = [];
  for await (const { position, offset, bytes } of readContents(blob, index, [5, 4, 0])) {
    seen.push(`${position} ${offset} ${Buffer.from(bytes).toString()}`);
  }
  expect(seen).toEqual(["0 0 first", "4 10 abc", "4 70000 de", "5 0 last"]);
});

test("reading stops when the content is there, before what is damaged", async () => {
  const { blob, index } = await indexed(tar(file("a", "first"), file("b", "x".repeat(5000))));
  expect(await textOf(readContent({ ...blob, sizeBytes: 3000 }, index, 0))).toBe("first");
});

test("a layer that ends before the content is damaged; cancelling ends it", async () => {
  const { blob, index } = await indexed(tar(file("a", "first"), file("b", "x".repeat(5000))));
  await expect(textOf(readContent({ ...blob, sizeBytes: 3000 }, index, 1))).rejects.toMatchObject({ code: "damaged" });
  const aborted = { signal: AbortSignal.abort() };
  await expect(textOf(readContent(blob, index, 1, aborted))).rejects.toMatchObject({ code: "cancelled" });
});
