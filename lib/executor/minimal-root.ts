import { createReadStream } from "node:fs";
import { open, readFile } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { rootCertificates } from "node:tls";
import { type Pack, pack } from "tar-stream";
import { errnoOf, LabError, messageOf } from "../error.ts";

/** Where Linux distributions and others keep the certificates of public authorities, as one PEM file. */
const bundlePlaces = [
  "/etc/ssl/certs/ca-certificates.crt",
  "/etc/pki/tls/certs/ca-bundle.crt",
  "/etc/ssl/ca-bundle.pem",
  "/etc/ssl/cert.pem",
];

/** This machine's certificates, own authorities included; else those that Node brings along. */
export async function certificateBundle(env: NodeJS.ProcessEnv = process.env): Promise<Buffer> {
  for (const file of env.SSL_CERT_FILE ? [env.SSL_CERT_FILE, ...bundlePlaces] : bundlePlaces) {
    const bundle = await readFile(file).catch(() => null);
    if (bundle && bundle.length > 0) return bundle;
  }
  return Buffer.from(`${rootCertificates.join("\n")}\n`);
}

/** The folders of an executor's root; the executor makes all else itself. */
const folders = ["kaniko", "kaniko/ssl", "kaniko/ssl/certs", "kaniko/.docker", "workspace", "cache", "root", "tmp"];
/** One fixed time, so that the same binary and certificates always give the same image. */
const mtime = new Date(0);

/** The tar of a root folder that holds an executor of that size, and certificates. The stream's errors are LabErrors. */
export function packMinimalRoot(binary: string, sizeBytes: number, certificates: Buffer): Pack {
  const tar = pack();
  fill(tar, binary, sizeBytes, certificates).catch((error: unknown) => {
    tar.destroy(error instanceof LabError ? error : unreadable(binary, messageOf(error)));
  });
  return tar;
}

async function fill(tar: Pack, binary: string, sizeBytes: number, certificates: Buffer): Promise<void> {
  for (const name of folders) tar.entry({ name, type: "directory", mode: name === "tmp" ? 0o1777 : 0o755, mtime });
  tar.entry({ name: "kaniko/ssl/certs/ca-certificates.crt", mode: 0o644, mtime }, certificates);
  const executor = tar.entry({ name: "kaniko/executor", mode: 0o755, mtime, size: sizeBytes });
  await pipeline(createReadStream(binary, { end: sizeBytes - 1 }), executor);
  tar.finalize();
}

/**
 * @returns its size in bytes.
 * @throws LabError `executor-unavailable` when the file cannot be read or is no Linux program.
 */
export async function checkBinary(binary: string): Promise<number> {
  try {
    const file = await open(binary);
    try {
      const stats = await file.stat();
      if (!stats.isFile()) throw unreadable(binary, "it is no file");
      const { buffer, bytesRead } = await file.read(Buffer.alloc(4), 0, 4, 0);
      if (bytesRead < 4 || buffer.toString("latin1") !== "\x7fELF") throw unreadable(binary, "it is no Linux program");
      return stats.size;
    } finally {
      await file.close();
    }
  } catch (error) {
    if (error instanceof LabError) throw error;
    throw unreadable(binary, errnoOf(error) === "ENOENT" ? "there is no such file" : messageOf(error));
  }
}

function unreadable(binary: string, why: string): LabError {
  return new LabError("executor-unavailable", `cannot use ${binary} as the executor: ${why}`, {
    hint: "build one with GOOS=linux CGO_ENABLED=0 go build ./cmd/executor, or name an image",
  });
}
