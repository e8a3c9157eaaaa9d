/**
 * The body of an OTLP trace request in, its spans out: `ExportTraceServiceRequest` of opentelemetry/proto/collector/trace/v1
 * in protobuf's wire format. Whoever finds the port can send one: every length is checked by protobufjs against the bytes
 * that are there, messages are nested no deeper than the format says, and the number of things is limited.
 */

import protobuf from "protobufjs/minimal.js";
import type { AttributeValue, TraceSpan } from "./trace-span.ts";

type Reader = protobuf.Reader;

/** A build of a thousand steps has some five thousand spans, sent in batches of 512. */
const mostSpans = 10_000;
const mostItems = 500_000;

/** @throws Error for what is no such message, or one with more in it than any executor sends. */
export function decodeTraces(body: Uint8Array): TraceSpan[] {
  const decoder = new Decoder();
  decoder.request(body);
  return decoder.spans;
}

class Decoder {
  readonly spans: TraceSpan[] = [];
  #items = 0;

  request(message: Uint8Array): void {
    this.#fields(message, (field, reader) => {
      if (field !== 1) return false;
      this.#resourceSpans(reader.bytes());
      return true;
    });
  }

  #resourceSpans(message: Uint8Array): void {
    this.#fields(message, (field, reader) => {
      if (field !== 2) return false;
      this.#scopeSpans(reader.bytes());
      return true;
    });
  }

  #scopeSpans(message: Uint8Array): void {
    this.#fields(message, (field, reader) => {
      if (field !== 2) return false;
      if (this.spans.length >= mostSpans) throw new Error(`more than ${mostSpans} spans`);
      this.spans.push(this.#span(reader.bytes()));
      return true;
    });
  }

  #span(message: Uint8Array): TraceSpan {
    const attributes = new Map<string, AttributeValue>();
    let [name, id, parentId, startUs, endUs] = ["", "", "", 0, 0];
    this.#fields(message, (field, reader) => {
      if (field === 2) id = hex(reader.bytes());
      else if (field === 4) parentId = hex(reader.bytes());
      else if (field === 5) name = reader.string();
      else if (field === 7) startUs = microseconds(reader);
      else if (field === 8) endUs = microseconds(reader);
      else if (field === 9) this.#attribute(reader.bytes(), attributes);
      else return false;
      return true;
    });
    return { name, id, parentId, startUs, endUs, attributes };
  }

  #attribute(message: Uint8Array, into: Map<string, AttributeValue>): void {
    let key = "";
    let value: AttributeValue | null = null;
    this.#fields(message, (field, reader) => {
      if (field === 1) key = reader.string();
      else if (field === 2) value = this.#value(reader.bytes());
      else return false;
      return true;
    });
    if (value !== null) into.set(key, value);
  }

  #value(message: Uint8Array): AttributeValue | null {
    let value: AttributeValue | null = null;
    this.#fields(message, (field, reader) => {
      if (field === 1) value = reader.string();
      else if (field === 2) value = reader.bool();
      else if (field === 3) value = Number(String(reader.int64()));
      else if (field === 4) value = reader.double();
      else return false;
      return true;
    });
    return value;
  }

  /** @param read takes the field's value, or says that it did not. */
  #fields(message: Uint8Array, read: (field: number, reader: Reader) => boolean): void {
    const reader = protobuf.Reader.create(message);
    while (reader.pos < reader.len) {
      this.#items += 1;
      if (this.#items > mostItems) throw new Error(`more than ${mostItems} fields`);
      const tag = reader.uint32();
      if (!read(tag >>> 3, reader)) reader.skipType(tag & 7);
    }
  }
}

function hex(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 16)).toString("hex");
}

/** Nanoseconds since 1970 do not fit into a number, microseconds do. */
function microseconds(reader: Reader): number {
  return Number(BigInt(String(reader.fixed64())) / 1000n);
}
