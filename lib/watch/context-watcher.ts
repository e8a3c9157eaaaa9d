/** The files of a context, watched by chokidar: names the paths that changed and what they mean. */

import type { FSWatcher } from "chokidar";
import { errnoOf, LabError, messageOf } from "../error.ts";
import type { ChangeKind } from "./change.ts";
import type { PathMeaning, WatchRules } from "./watch-rules.ts";

export interface WatcherOptions {
  readonly rules: WatchRules;
  onChange(path: string, kind: ChangeKind, meaning: PathMeaning): void;
  /** Nothing is noticed any more. */
  onFailure(error: LabError): void;
}

const kindOf: Readonly<Record<string, ChangeKind>> = {
  add: "added",
  addDir: "added",
  change: "changed",
  unlink: "removed",
  unlinkDir: "removed",
};

/**
 * A folder that is removed is watched again when it is back, as is a file that is written anew and renamed.
 * Links are watched themselves, not what they lead to, as Kaniko takes them.
 * @returns when changes are noticed, with what ends the watching.
 * @throws LabError `watch-unavailable`
 */
export async function watchContext({ rules, onChange, onFailure }: WatcherOptions): Promise<() => Promise<void>> {
  const { watch } = await import("chokidar");
  const watcher = watch([...rules.roots], {
    ignoreInitial: true,
    followSymlinks: false,
    ignorePermissionErrors: true,
    ignored: (path, stats) => rules.meaningOf(path, stats === undefined ? null : stats.isDirectory()) === null,
  });
  try {
    await isReady(watcher);
  } catch (error) {
    await watcher.close();
    throw watchError(error);
  }
  watcher.on("error", error => onFailure(watchError(error)));
  watcher.on("all", (event, file) => {
    const kind = kindOf[event];
    const meaning = rules.meaningOf(file, event.endsWith("Dir"));
    if (kind !== undefined && meaning !== null) onChange(rules.pathOf(file), kind, meaning);
  });
  return () => watcher.close();
}

function isReady(watcher: FSWatcher): Promise<void> {
  return new Promise((resolve, reject) => {
    watcher.once("ready", resolve);
    watcher.once("error", reject);
  });
}

const polling = "or look at the files in turns, which costs more: CHOKIDAR_USEPOLLING=1";

/** Each folder takes one of the kernel's watches, each program one of its instances. */
function watchError(error: unknown): LabError {
  const errno = errnoOf(error);
  if (errno === "ENOSPC")
    return new LabError("watch-unavailable", "the system lets this user watch no more folders", {
      hint: `sudo sysctl fs.inotify.max_user_watches=1048576, or keep folders out with .dockerignore, ${polling}`,
      cause: error,
    });
  if (errno === "EMFILE" || errno === "ENFILE")
    return new LabError(
      "watch-unavailable",
      "the system lets this user watch for no more programs, or open no more files",
      {
        hint: `sudo sysctl fs.inotify.max_user_instances=1024 (ulimit -n tells the files), ${polling}`,
        cause: error,
      },
    );
  return new LabError("watch-unavailable", `the context cannot be watched: ${messageOf(error)}`, { cause: error });
}
