import { open, realpath } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { LabError } from "../../error.ts";
import { parseElf } from "./elf.ts";
import { capture } from "./processes.ts";
import { oldRootPath } from "./setup-script.ts";

/** How the machine's `umount` is called when the machine's root hangs at `oldRootPath`. Paths are the machine's own. */
export interface DetachCommand {
  /** "" for a static program. */
  readonly loader: string;
  /** Colon-separated, as seen after the root has changed; "" for a static program. */
  readonly libraryPath: string;
  readonly program: string;
  /** `umount` where the program is a multi-call one such as busybox, else "". */
  readonly applet: string;
}

const headBytes = 64 << 10;

/** @throws LabError `sandbox-unavailable` when the program cannot be read or its libraries cannot be listed */
export async function findDetachCommand(umount: string): Promise<DetachCommand> {
  const program = await realpath(umount);
  const applet = /^(busybox|toybox|toolbox)/.test(basename(program)) ? "umount" : "";
  const elf = parseElf(await readHead(program));
  if (!elf) throw new LabError("sandbox-unavailable", `${program} is not a program that the sandbox understands`);
  if (elf.interpreter === null) return { loader: "", libraryPath: "", program, applet };
  const loader = await realpath(elf.interpreter);
  const listing = await capture([loader, "--list", program]);
  if (listing.code !== 0) {
    throw new LabError("sandbox-unavailable", `cannot list the libraries of ${program}: ${listing.stderr.trim()}`);
  }
  const folders = await Promise.all(listedLibraries(listing.stdout).map(async file => dirname(await realpath(file))));
  const libraryPath = [...new Set(folders)].map(folder => oldRootPath + folder).join(":");
  return { loader, libraryPath, program, applet };
}

/** The files in the output of a loader's `--list`, glibc's and musl's. */
export function listedLibraries(listing: string): string[] {
  return [...listing.matchAll(/ => (\/.+) \(0x[0-9a-f]+\)$/gm)].map(match => match[1] as string);
}

export async function readHead(file: string): Promise<Buffer> {
  const handle = await open(file, "r");
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(headBytes), 0, headBytes, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await handle.close();
  }
}
