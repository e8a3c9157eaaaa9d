import type { Readable } from "node:stream";
import { LabError } from "../../error.ts";

/** One message of the engine while it pulls, loads or imports. */
export interface EngineProgress {
  /** The layer it is about; undefined for the whole. */
  readonly id?: string;
  readonly status?: string;
  readonly stream?: string;
  readonly progressDetail?: { readonly current?: number; readonly total?: number };
  /** Set when the engine gave up; its words. */
  readonly error?: string;
}

const maxMessageBytes = 1 << 20;

/**
 * Splits the engine's answer into its JSON messages, one per line, as they come.
 * @throws LabError `damaged` when a message is no JSON or longer than 1 MiB.
 */
export async function* readProgress(stream: Readable): AsyncGenerator<EngineProgress, void, void> {
  let rest = "";
  const decoder = new TextDecoder();
  for await (const chunk of stream as AsyncIterable<Uint8Array>) {
    const lines = (rest + decoder.decode(chunk, { stream: true })).split("\n");
    rest = lines.pop() ?? "";
    if (rest.length > maxMessageBytes) throw unreadable("a message is longer than 1 MiB");
    for (const line of lines) if (line.trim() !== "") yield parseMessage(line);
  }
  if (rest.trim() !== "") yield parseMessage(rest);
}

function parseMessage(line: string): EngineProgress {
  let message: unknown;
  try {
    message = JSON.parse(line);
  } catch {
    throw unreadable(`${JSON.stringify(line.slice(0, 100))} is no JSON`);
  }
  if (typeof message !== "object" || message === null) throw unreadable("a message is no object");
  return message as EngineProgress;
}

function unreadable(why: string): LabError {
  return new LabError("damaged", `the engine's progress cannot be read: ${why}`);
}
