/** What is looked at, in the user's own pager or editor: as a file of its own, but for a Dockerfile, which is opened where it is. */

import { spawn } from "node:child_process";
import { access, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { LabError } from "../../../lib/error.ts";
import type { Lab } from "../../../lib/lab/lab.ts";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";
import { shownLog } from "../live/live-state.ts";
import { comparisonOf, scopeOf, selectedFile } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { openDockerfile } from "../state/viewer-reducer.ts";
import { plainLine } from "../text/styled-line.ts";
import type { ViewedDockerfile } from "../viewer/viewer-state.ts";
import { dockerfilePath } from "./open-dockerfile.ts";

export type OutsideProgram = "pager" | "editor";

export interface OutsideFile {
  readonly path: string;
  /** From 1; null: the start. */
  readonly line: number | null;
  /** Removes what was written for it. */
  remove(): Promise<void>;
}

/** No more of a file is copied for this. */
const mostBytes = 256 * 1024 * 1024;

/** @throws LabError `usage` where there is nothing to open; what reading the file throws. */
export async function outsideFile(state: State, lab: Lab, cache: CacheFolder): Promise<OutsideFile> {
  const { viewer, report, live } = state;
  const scope = scopeOf(state);
  if (scope === "report" && report)
    return copyOf("output.txt", [
      Buffer.from(
        report.lines
          .slice(0, report.lineCount)
          .map(({ text }) => `${plainLine(text)}\n`)
          .join(""),
      ),
    ]);
  if (scope === "log" && live) {
    const step = shownLog(live);
    return copyOf("log.txt", [
      Buffer.from(
        live.log
          .slice(step, 0, live.log.count(step))
          .map(line => `${line}\n`)
          .join(""),
      ),
    ]);
  }
  if (viewer?.dockerfile) return whereItIs(cache, viewer.dockerfile);
  if (viewer?.at) {
    const { target, step } = viewer.at;
    return copyOf(viewer.path, lab.readFile(target, step, viewer.path));
  }
  const file = scope === "files" ? selectedFile(state) : null;
  if (file) {
    const comparison = comparisonOf(state);
    const at = file.mark === "-" ? comparison?.from : comparison?.to;
    if (!at || (file.type !== "file" && file.type !== "hardlink"))
      throw new LabError("usage", `a ${file.type} has no content`);
    return copyOf(file.path, lab.readFile(at.target, at.step, file.path));
  }
  const opened = openDockerfile(state);
  if (!opened.viewer?.dockerfile) throw new LabError("usage", opened.message?.text ?? "there is nothing to open here");
  return whereItIs(cache, opened.viewer.dockerfile);
}

/** Changes are made to the Dockerfile itself; where it is gone, the record's copy is shown. */
async function whereItIs(cache: CacheFolder, dockerfile: ViewedDockerfile): Promise<OutsideFile> {
  const path = await access(dockerfile.file).then(
    () => dockerfile.file,
    () => dockerfilePath(cache, dockerfile),
  );
  return { path, line: dockerfile.line, remove: async () => undefined };
}

async function copyOf(path: string, content: AsyncIterable<Uint8Array> | Iterable<Uint8Array>): Promise<OutsideFile> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > mostBytes) throw new LabError("too-large", "the file is too large for that: e extracts it");
  }
  const folder = await mkdtemp(join(tmpdir(), "kaniko-lab-"));
  // Names come from layers: only plain ones are names here. The ending tells an editor the language.
  const name =
    basename(path)
      .replace(/[^\w.-]/g, "_")
      .replace(/^\.*/, "")
      .slice(-100) || "file";
  const file = join(folder, name);
  await writeFile(file, chunks, { mode: 0o400 });
  return { path: file, line: null, remove: () => rm(folder, { recursive: true, force: true }) };
}

/** Runs the program on the terminal. @returns when it has ended. @throws LabError `not-found` */
export async function runOutside(
  program: OutsideProgram,
  { path, line }: OutsideFile,
  env: NodeJS.ProcessEnv,
): Promise<void> {
  const command = program === "pager" ? env.PAGER || "less" : env.VISUAL || env.EDITOR || "vi";
  // As git does: the variable may hold options, the file's name is never part of a shell's text.
  const child = spawn("/bin/sh", ["-c", `${command} "$@"`, command, ...placeWords(command, path, line)], {
    stdio: "inherit",
  });
  const status = await new Promise<number | null>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", resolve);
  });
  if (status === 127)
    throw new LabError(
      "not-found",
      `there is no ${command}: ${program === "pager" ? "PAGER" : "EDITOR"} names another one`,
    );
}

/** Most programs take `+LINE`; those that do not are given the file alone. */
export function placeWords(command: string, path: string, line: number | null): readonly string[] {
  const name = basename(command.trim().split(/\s+/)[0] ?? "");
  if (line === null) return [path];
  if (/^(?:code|codium|cursor)$/.test(name)) return ["--goto", `${path}:${line}`];
  if (/^(?:vi|vim|nvim|view|nano|emacs|emacsclient|micro|less|more|kak|joe|mg|ne)$/.test(name))
    return [`+${line}`, path];
  return /^(?:hx|helix|subl|zed)$/.test(name) ? [`${path}:${line}`] : [path];
}
