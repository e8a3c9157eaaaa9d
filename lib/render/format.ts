/** What every format gets, and what it is. */

import type { PlacedContext } from "./place-context.ts";
import type { PortableBuild } from "./portable-build.ts";
import type { RenderOptions } from "./render-options.ts";

export interface Rendering {
  readonly build: PortableBuild;
  readonly context: PlacedContext;
  readonly options: RenderOptions;
}

export interface Rendered {
  readonly text: string;
  /** What the format has no place for, and what else to know. */
  readonly notes: readonly string[];
}
