/** Files in a node that is a container of the engine. No program runs in there for it. */

import type { Readable } from "node:stream";
import type Docker from "dockerode";
import { extract, pack } from "tar-stream";
import { callEngine, isAnswerError } from "../executor/docker/engine-call.ts";
import { asNodeStream } from "../executor/docker/node-stream.ts";

const callMs = 30_000;
const maxBytes = 1 << 20;

/** Null when it is not there. */
export async function readNodeFile(node: Docker.Container, path: string, signal: AbortSignal): Promise<string | null> {
  try {
    const archive = await callEngine({ what: `read ${path} of the node`, deadlineMs: callMs, signal }, () =>
      node.getArchive({ path }),
    );
    return await onlyFile(archive as Readable);
  } catch (error) {
    if (isAnswerError(error) && error.statusCode === 404) return null;
    throw error;
  }
}

async function onlyFile(archive: Readable): Promise<string | null> {
  const entries = archive.pipe(extract());
  archive.once("error", error => entries.destroy(error));
  for await (const entry of entries) {
    if (entry.header.type !== "file" || (entry.header.size ?? 0) > maxBytes) return null;
    const chunks: Buffer[] = [];
    for await (const chunk of entry) chunks.push(chunk as Buffer);
    return Buffer.concat(chunks).toString("utf8");
  }
  return null;
}

/** Makes the folders above it, too. */
export async function writeNodeFile(
  node: Docker.Container,
  path: string,
  text: string,
  signal: AbortSignal,
): Promise<void> {
  const tar = pack();
  tar.entry({ name: path.replace(/^\/+/, ""), mode: 0o644 }, text);
  tar.finalize();
  await callEngine({ what: `write ${path} of the node`, deadlineMs: callMs, signal }, () =>
    node.putArchive(asNodeStream(tar), { path: "/" }),
  );
}
