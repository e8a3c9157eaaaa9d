import { PassThrough, pipeline, type Readable } from "node:stream";
import type { Pack } from "tar-stream";

/**
 * A tar as dockerode takes it. tar-stream's own streams are of another kind: piped without care, an error in the middle
 * would leave the request open for ever. Here it destroys the stream, which breaks the request off.
 */
export function asNodeStream(tar: Pack): Readable {
  const through = new PassThrough({ highWaterMark: 1 << 20 });
  pipeline(tar as unknown as NodeJS.ReadableStream, through, () => {});
  return through;
}
