import type { ExecutorOutput } from "../port.ts";

/** Longer lines are cut here; the rest of the line is read and dropped. */
export const maxLineBytes = 1 << 20;

const newline = 0x0a;
const carriageReturn = 0x0d;

/** Lines without their end, as they come; needs at most one line of memory. Bytes that are not UTF-8 become U+FFFD. */
export async function* splitLines(chunks: AsyncIterable<Buffer>, limitBytes = maxLineBytes): AsyncGenerator<string> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (part: Buffer): void => {
    const kept = part.subarray(0, Math.max(0, limitBytes - heldBytes));
    if (kept.length === 0) return;
    held.push(kept);
    heldBytes += kept.length;
  };
  const take = (): string => {
    const line = held.length === 1 ? (held[0] as Buffer) : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return (line.at(-1) === carriageReturn ? line.subarray(0, -1) : line).toString("utf8");
  };
  let open = false;
  for await (const chunk of chunks) {
    let start = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      hold(chunk.subarray(start, end));
      yield take();
      start = end + 1;
      open = false;
    }
    if (start === chunk.length) continue;
    hold(chunk.subarray(start));
    open = true;
  }
  if (open) yield take();
}

export async function* lineOutputs(chunks: AsyncIterable<Buffer>): AsyncGenerator<ExecutorOutput> {
  for await (const text of splitLines(chunks)) yield { type: "line", text };
}
