import { lstat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { constants, createGzip } from "node:zlib";
import { pack } from "tar-stream";
import { LabError, messageOf } from "../../error.ts";
import { type CopyInOptions, packFolder, packNode } from "../docker/copy-in.ts";
import type { ResolvedMount } from "../docker/resolve-mounts.ts";
import type { ReportPreparing } from "../preparing.ts";
import { clusterError, LostConnection } from "./cluster-error.ts";
import type { ContextFilter } from "./context-ignore.ts";
import { PodExec } from "./exec-in-pod.ts";
import type { PodSession } from "./pod-session.ts";
import { executorContainer } from "./pod-spec.ts";
import { counter } from "./send-mounts.ts";

/**
 * Sends the context to the executor's own standard input, for `tar://stdin`. It cannot be sent twice: the executor has read
 * a part of it when the connection breaks.
 * @throws LabError `engine-lost`; `context-not-found`, `unsafe` for files that cannot be read
 */
export async function sendByInput(
  session: PodSession,
  context: ResolvedMount,
  filter: ContextFilter | null,
  report: ReportPreparing,
): Promise<void> {
  const { api, pod, signal } = session;
  const what = `sending ${context.hostPath}`;
  const options: CopyInOptions = {
    onBytes: counter(what, report),
    ...(filter === null
      ? {}
      : {
          skip: (path, isFolder) => filter.skip(path, isFolder),
          isEmptied: (path: string) => filter.isEmptied(path),
        }),
  };
  try {
    const attached = await PodExec.attach(api.cluster, { pod, container: executorContainer }, signal);
    try {
      await sendGzip(attached, context, options);
      await attached.endInput();
    } finally {
      attached.close();
    }
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof LostConnection)) throw clusterError(api.cluster, what, error);
    session.now(`while ${what}`);
    throw new LabError("engine-lost", `the connection broke while ${what}`, {
      hint: "build again; --context-transport exec can take up a broken connection",
      cause: error,
    });
  }
}

async function sendGzip(attached: PodExec, context: ResolvedMount, options: CopyInOptions): Promise<void> {
  const tar = pack();
  const filled = (async () => {
    await packNode(tar, context.hostPath, "./", await lstat(context.hostPath), options);
    await packFolder(tar, context.hostPath, "", options);
    tar.finalize();
  })();
  filled.catch((error: unknown) => tar.destroy(error instanceof Error ? error : new Error(messageOf(error))));
  const gzip = createGzip({ level: constants.Z_BEST_SPEED });
  await pipeline(tar as unknown as NodeJS.ReadableStream, gzip, async chunks => {
    for await (const chunk of chunks as AsyncIterable<Buffer>) await attached.write(chunk);
  });
  await filled;
}
