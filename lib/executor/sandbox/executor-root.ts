/** Where an executor comes from, as the sandbox needs it: what its image says of starting it, and how to fill a root with it. */

import { stat } from "node:fs/promises";
import { resolve } from "node:path";
import { LabError } from "../../error.ts";
import { checkBinary } from "../minimal-root.ts";
import type { IdentifyRequest } from "../port.ts";
import type { ReportPreparing } from "../preparing.ts";
import { readHead } from "./detach-command.ts";
import { parseElf } from "./elf.ts";
import type { SandboxHost } from "./host.ts";
import { createBinaryRoot } from "./root-folder.ts";

export type RootRequest = Omit<IdentifyRequest, "onPreparing">;

export interface ExecutorRoot {
  /** Equal for the very same executor only. */
  readonly identity: string;
  readonly entrypoint: readonly string[];
  readonly env: readonly string[];
  readonly workingFolder: string;
  /** Puts a copy of the executor's files into an empty folder; the copy may be written to. */
  fill(root: string): Promise<void>;
}

/** @throws LabError `executor-unavailable`, `registry-*`, `image-not-found`, `damaged`, `unsafe` */
export async function openExecutorRoot(
  host: SandboxHost,
  request: RootRequest,
  report: ReportPreparing,
): Promise<ExecutorRoot> {
  if (request.source.kind === "binary") return openBinary(resolve(request.source.file));
  const { openImageRoot } = await import("./image-root.ts");
  return openImageRoot(host, request, report);
}

async function openBinary(file: string): Promise<ExecutorRoot> {
  await checkBinary(file);
  const interpreter = parseElf(await readHead(file))?.interpreter;
  if (interpreter) {
    throw new LabError("executor-unavailable", `cannot use ${file} as the executor: it needs ${interpreter}`, {
      hint: "build a static one with CGO_ENABLED=0 go build ./cmd/executor",
    });
  }
  const { dev, ino, size, mtimeNs } = await stat(file, { bigint: true });
  return {
    identity: `binary ${file} ${dev} ${ino} ${size} ${mtimeNs}`,
    entrypoint: ["/kaniko/executor"],
    env: [],
    workingFolder: "/workspace",
    fill: root => createBinaryRoot(root, file),
  };
}
