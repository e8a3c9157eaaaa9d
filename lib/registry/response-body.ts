import { LabError } from "../error.ts";
import { asConnectionLoss } from "./transport.ts";

/**
 * A whole body, at most `maxBytes` of it.
 * @throws LabError `too-large`, `cancelled`. @throws ConnectionLoss when it breaks off.
 */
export async function readBounded(
  response: Response,
  maxBytes: number,
  what: string,
  signal: AbortSignal | undefined,
): Promise<Buffer> {
  const parts: Uint8Array[] = [];
  let sizeBytes = 0;
  try {
    for await (const part of response.body ?? []) {
      sizeBytes += part.length;
      // Leaving the loop cancels the body.
      if (sizeBytes > maxBytes) throw new LabError("too-large", `${what} has more than ${maxBytes} bytes: not read`);
      parts.push(part);
    }
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw asConnectionLoss(error, signal);
  }
  return Buffer.concat(parts);
}
