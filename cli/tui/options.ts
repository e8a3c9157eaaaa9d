import type { BuildEvent } from "../../lib/executor/events.ts";
import type { Lab } from "../../lib/lab/lab.ts";
import type { ReplayControls } from "../../lib/recording/replay-player.ts";
import type { BuildStore } from "../../lib/store/build-store.ts";
import type { CacheFolder } from "../../lib/store/cache-folder.ts";
import type { WatchEvent } from "../../lib/watch/watch-events.ts";
import type { BatchNews } from "./live/batch-view.ts";
import type { CommandLine } from "./palette/command-line.ts";
import type { ThemeName } from "./theme-names.ts";

export interface TuiOptions {
  readonly lab: Lab;
  readonly builds: BuildStore;
  readonly cache: CacheFolder;
  /** Runs the lines that are typed after `:`. */
  readonly commandLine: CommandLine;
  /** A build or an image as the user named it; null: the latest build, else the list of builds. */
  readonly target: string | null;
  /** A build that runs, or a recording that is played. Its layers open in place when it has succeeded. */
  readonly live?: LiveSource;
  /** A context that is watched, in place of one build. */
  readonly watch?: WatchSource;
  /** Many builds, in place of one. */
  readonly batch?: BatchSource;
  /** Wheel and clicks. @defaultValue true */
  readonly mouse?: boolean;
  /** @defaultValue by NO_COLOR */
  readonly theme?: ThemeName;
}

export interface WatchSource {
  /** Read to its end, also after `stop`: only then everything is cleaned up. */
  readonly events: AsyncIterable<WatchEvent>;
  build(): void;
  cancelBuild(): void;
  stop(): void;
}

/** Many builds at once. */
export interface BatchSource {
  readonly names: readonly string[];
  /** Read to its end, also after `cancel`. */
  readonly news: AsyncIterable<BatchNews>;
  cancel(): void;
}

export interface LiveSource {
  /** Read to its end, also after `cancel`: only then is the build cleaned up. */
  readonly events: AsyncIterable<BuildEvent>;
  cancel(): void;
  /** Only where a recording is played. */
  readonly replay?: ReplaySource;
}

export interface ReplaySource {
  readonly controls: ReplayControls;
  /** Of the whole build; null where it is not known. */
  readonly durationMs: number | null;
}
