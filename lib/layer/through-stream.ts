import { Readable, type Transform } from "node:stream";

/** Node's default of 16 KiB makes inflating three times slower. */
export const chunkSize = 1 << 20;
/** zlib inflates on Node's thread pool while the consumer works on the chunk before, as long as the stream may read ahead. */
export const readAhead = { chunkSize, readableHighWaterMark: 4 * chunkSize };

/** Chunks through a stream; both ends are destroyed when the consumer stops early. */
export async function* through(chunks: AsyncIterable<Uint8Array>, stream: Transform): AsyncGenerator<Uint8Array> {
  const source = Readable.from(chunks, { objectMode: true, highWaterMark: 2 });
  source.once("error", error => stream.destroy(error));
  source.pipe(stream);
  try {
    for await (const chunk of stream as AsyncIterable<Buffer>) yield chunk;
  } finally {
    source.destroy();
    stream.destroy();
    await closed(source);
  }
}

/** Until the source's own clean-up (closing a file) is done, too. */
function closed(source: Readable): Promise<void> {
  return new Promise(resolve => {
    if (source.closed) resolve();
    else source.once("close", resolve);
  });
}
