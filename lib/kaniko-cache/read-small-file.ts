import { closeSync, constants, fstatSync, openSync, readSync } from "node:fs";
import { LabError, messageOf } from "../error.ts";
import { maxDocumentBytes } from "../image/document.ts";

/**
 * A document of a layout. Entries lie in a folder that every RUN can write to: links are not followed, and a pipe is not
 * waited for. At once, as ten thousand entries take five times as long through promises.
 * @throws LabError `damaged`, `blob-missing`, `too-large`
 */
export function readSmallFile(file: string, what: string): Buffer {
  try {
    const handle = openSync(file, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
    try {
      const found = fstatSync(handle);
      if (!found.isFile()) throw new LabError("damaged", `${what} is not a regular file`);
      if (found.size > maxDocumentBytes) throw new LabError("too-large", `${what} has ${found.size} bytes: not read`);
      const bytes = Buffer.alloc(found.size);
      return bytes.subarray(0, readSync(handle, bytes, 0, bytes.length, 0));
    } finally {
      closeSync(handle);
    }
  } catch (error) {
    if (error instanceof LabError) throw error;
    const code = (error as NodeJS.ErrnoException).code;
    if (code === "ENOENT" || code === "ENOTDIR") throw new LabError("blob-missing", `${what} is missing`);
    if (code === "ELOOP") throw new LabError("damaged", `${what} is a link`);
    throw new LabError("damaged", `${what} cannot be read: ${messageOf(error)}`);
  }
}
