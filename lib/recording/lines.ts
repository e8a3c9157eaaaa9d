import { LabError } from "../error.ts";

/**
 * The lines of a file that holds one JSON document a line, without their ends. Only `\n` ends a line: JSON leaves other
 * separators (U+2028) as they are.
 * @throws LabError `too-large` for a line of more than `largestBytes`.
 */
export async function* jsonLines(
  chunks: AsyncIterable<Uint8Array>,
  largestBytes: number,
  where: string,
): AsyncGenerator<string, void, void> {
  let begun: Uint8Array[] = [];
  let begunBytes = 0;
  let line = 1;
  const take = (part: Uint8Array) => {
    begun.push(part);
    begunBytes += part.length;
    if (begunBytes > largestBytes)
      throw new LabError("too-large", `${where}:${line}: a line of more than ${largestBytes} bytes`);
  };
  for await (const chunk of chunks) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, from)) {
      take(chunk.subarray(from, end));
      yield Buffer.concat(begun).toString("utf8");
      begun = [];
      begunBytes = 0;
      line += 1;
      from = end + 1;
    }
    if (from < chunk.length) take(chunk.subarray(from));
  }
  if (begunBytes > 0) yield Buffer.concat(begun).toString("utf8");
}

const newline = 0x0a;
