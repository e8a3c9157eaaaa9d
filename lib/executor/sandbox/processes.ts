import { spawn } from "node:child_process";
import { access, constants } from "node:fs/promises";
import { delimiter, join } from "node:path";
import type { Readable } from "node:stream";

/** Administrative tools are often not in the PATH of an ordinary user. */
export const toolPath = [process.env.PATH ?? "", "/usr/sbin", "/usr/bin", "/sbin", "/bin"]
  .filter(Boolean)
  .join(delimiter);

/** What the sandbox's tools get: no variable of the executor, messages in English. */
export const toolEnvironment: Readonly<Record<string, string>> = { PATH: toolPath, LC_ALL: "C" };

export interface Captured {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a small tool to its end. Rejects only when it cannot be started. */
export async function capture(command: readonly string[]): Promise<Captured> {
  const [program, ...args] = command;
  const child = spawn(program as string, args, { env: toolEnvironment, stdio: ["ignore", "pipe", "pipe"] });
  const ended = new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", code => resolve(code));
  });
  const [code, stdout, stderr] = await Promise.all([ended, readCapped(child.stdout), readCapped(child.stderr)]);
  return { code, stdout, stderr };
}

/** The first part of a stream as text; the rest is read and dropped. */
export async function readCapped(stream: Readable, limitBytes = 64 << 10): Promise<string> {
  const parts: Buffer[] = [];
  let size = 0;
  for await (const chunk of stream as AsyncIterable<Buffer>) {
    if (size < limitBytes) parts.push(chunk.subarray(0, limitBytes - size));
    size += chunk.length;
  }
  return Buffer.concat(parts).toString("utf8");
}

/** Absolute path of a program, or null. */
export async function findProgram(name: string): Promise<string | null> {
  for (const folder of toolPath.split(delimiter)) {
    const file = join(folder, name);
    const executable = await access(file, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (file.startsWith("/") && executable) return file;
  }
  return null;
}
