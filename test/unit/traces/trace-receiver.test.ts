import { readFileSync } from "node:fs";
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import protobuf from "protobufjs/minimal.js";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { decodeTraces } from "../../../lib/traces/decode-traces.ts";
import { largestBodyBytes, TraceReceiver } from "../../../lib/traces/trace-receiver.ts";

const real = readFileSync(new URL("../../fixtures/traces/fork.bin", import.meta.url));
const type = { "Content-Type": "application/x-protobuf" };

describe("the receiver", () => {
  let receiver: TraceReceiver;
  beforeEach(async () => {
    receiver = (await TraceReceiver.listen("127.0.0.1")) as TraceReceiver;
  });
  afterEach(() => receiver.close());

  const post = async (body: Uint8Array, headers: Record<string, string> = type, url = receiver.endpoint) =>
    (await fetch(url, { method: "POST", body: new Uint8Array(body), headers })).status;

  test("takes what an executor sends, plain and compressed", async () => {
    expect(await post(real)).toBe(200);
    expect(await post(gzipSync(real), { ...type, "Content-Encoding": "gzip" })).toBe(200);
    expect(receiver.spans).toHaveLength(144);
  });

  test("takes nothing from who does not know its path", async () => {
    const { origin } = new URL(receiver.endpoint);
    expect(await post(real, type, `${origin}/v1/traces`)).toBe(404);
    expect(await post(real, type, `${origin}/`)).toBe(404);
    expect((await fetch(receiver.endpoint)).status).toBe(405);
    expect(receiver.spans).toHaveLength(0);
  });

  test("takes nothing of another kind", async () => {
    expect(await post(Buffer.from("{}"), { "Content-Type": "application/json" })).toBe(415);
    expect(await post(real, { ...type, "Content-Encoding": "zstd" })).toBe(415);
    expect(await post(Buffer.from("not a message at all"))).toBe(400);
    expect(await post(real.subarray(0, real.length - 5))).toBe(400);
    expect(await post(real, { ...type, "Content-Encoding": "gzip" })).toBe(400);
    expect(receiver.spans).toHaveLength(0);
  });

  test("stops reading what is too large, compressed or not", async () => {
    const bomb = gzipSync(Buffer.alloc(largestBodyBytes * 4));
    expect(await post(bomb, { ...type, "Content-Encoding": "gzip" })).toBe(400);
    // A request that says its size and sends it is cut off in the middle: either the answer arrives, or the break does.
    const status = await post(Buffer.alloc(largestBodyBytes * 2)).catch(() => 413);
    expect(status).toBe(413);
    expect(receiver.spans).toHaveLength(0);
    expect(await post(real)).toBe(200);
  });

  test("goes on after a sender that breaks off, and ends while one hangs", async () => {
    const { port, pathname } = new URL(receiver.endpoint);
    const halfway = `POST ${pathname} HTTP/1.1\r\nHost: x\r\nContent-Type: application/x-protobuf\r\nContent-Length: 100\r\n\r\nab`;
    const broken = connect(Number(port), "127.0.0.1");
    await new Promise<void>(resolve => broken.write(halfway, () => resolve()));
    broken.destroy();
    expect(await post(real)).toBe(200);
    const hanging = connect(Number(port), "127.0.0.1");
    const closed = new Promise(resolve => hanging.on("close", resolve).on("error", () => undefined));
    await new Promise<void>(resolve => hanging.write(halfway, () => resolve()));
    receiver.close();
    await closed;
  });

  test("there is none on an address that is not this machine's", async () => {
    expect(await TraceReceiver.listen("192.0.2.1")).toBeNull();
  });
});

describe("decoding", () => {
  test("never does anything but decode or throw, whatever comes", () => {
    const attempt = (body: Uint8Array) => {
      try {
        return decodeTraces(body).length >= 0;
      } catch (error) {
        return error instanceof Error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 400 }), attempt));
    const damaged = fc.tuple(fc.nat(real.length - 1), fc.nat(255)).map(([at, byte]) => {
      const copy = Buffer.from(real);
      copy[at] = byte;
      return copy;
    });
    fc.assert(fc.property(damaged, attempt));
  });

  test("refuses more items than any executor sends, and groups without end", () => {
    const writer = protobuf.Writer.create();
    for (let at = 0; at < 600_000; at += 1) writer.uint32((1 << 3) | 2).uint32(0);
    expect(() => decodeTraces(writer.finish())).toThrow("fields");
    expect(() => decodeTraces(Buffer.alloc(1_000_000, (3 << 3) | 3))).toThrow("nesting");
  });
});
