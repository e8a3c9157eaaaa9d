import { LabError } from "../../../lib/error.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { Part } from "../document.ts";

/** A report is of use without one of its parts: of a thin recording contents are not here, a layer can be damaged. */
export async function partOf<Value>(work: () => Promise<Value>): Promise<Part<Value>> {
  try {
    return { value: await work() };
  } catch (error) {
    if (error instanceof LabError && error.code !== "cancelled" && error.code !== "usage" && error.exitStatus !== 2)
      return { missing: showText(error.message) };
    throw error;
  }
}
