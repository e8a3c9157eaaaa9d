import type { Part } from "./document.ts";

/** Null where the part is missing. */
export function partValue<Value>(part: Part<Value>): Value | null {
  return "value" in part ? part.value : null;
}
