import type { Readable } from "node:stream";
import { LabError } from "../../error.ts";
import { LostConnection } from "./cluster-error.ts";

const maxLineLength = 16 << 20;

/** Lines of an answer as they come, without their ends; a last one that is not ended is left out. @throws LostConnection */
export async function* linesOf(answer: Readable): AsyncGenerator<string, void, void> {
  const decoder = new TextDecoder();
  let rest = "";
  try {
    for await (const chunk of answer as AsyncIterable<Buffer>) {
      const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
      rest = lines.pop() as string;
      if (rest.length > maxLineLength) throw new LabError("too-large", "a line of the cluster's answer is too long");
      yield* lines;
    }
  } catch (error) {
    throw error instanceof LabError ? error : new LostConnection(error);
  } finally {
    answer.destroy();
  }
}
