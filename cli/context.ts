/** What every command gets: where the cache folder is, how to write, and when to stop. */

import type { Lab } from "../lib/lab/lab.ts";
import { CacheFolder, chooseCacheFolder } from "../lib/store/cache-folder.ts";
import { createOutput, type Output } from "./display/output.ts";
import type { TuiHost } from "./tui/host.ts";

export interface SharedOptions {
  readonly json?: boolean | undefined;
  readonly plain?: boolean | undefined;
  readonly color?: boolean | undefined;
  readonly cacheDir?: string | undefined;
  /** Of the commands that look at images. */
  readonly platform?: string | undefined;
  readonly quiet?: boolean | undefined;
  readonly debug?: boolean | undefined;
}

export interface CliContext {
  readonly cache: CacheFolder;
  /** As `--cache-dir` named it: command lines that are shown need it, too. */
  readonly cacheWord?: string | undefined;
  readonly output: Output;
  /** What is open already, where the command is run inside of something; else each command opens its own. */
  readonly lab?: Lab;
  /** The terminal UI that the command is run in: it has the screen. */
  readonly host?: TuiHost;
  /** No full screen, also on a terminal. */
  readonly plain: boolean;
  readonly workingFolder: string;
  /** Which image of several; undefined: the one for this machine. */
  readonly platform: string | undefined;
  /** Fires on Ctrl-C, SIGTERM, SIGHUP. */
  readonly signal: AbortSignal;
}

/** @param output where to write; without it: to the process's own streams. */
export async function createContext(options: SharedOptions, signal: AbortSignal, output?: Output): Promise<CliContext> {
  const workingFolder = process.cwd();
  const root = await chooseCacheFolder({
    explicit: options.cacheDir,
    environment: process.env.KANIKO_LAB_CACHE,
    workingFolder,
  });
  return {
    cache: new CacheFolder(root),
    cacheWord: options.cacheDir,
    output:
      output ??
      createOutput({
        json: options.json ?? false,
        quiet: options.quiet ?? false,
        color: options.color ?? null,
      }),
    plain: (options.plain ?? false) || (options.json ?? false),
    workingFolder,
    platform: options.platform,
    signal,
  };
}
