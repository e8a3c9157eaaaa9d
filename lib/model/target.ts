import type { BuildRecord, Step } from "./build.ts";
import type { Image, ImageLayer } from "./image.ts";

/**
 * What a command or the terminal UI looks at: a recorded build, or an image from anywhere. Both are seen as steps and
 * layers; an image's steps come from its history.
 */
export interface Target {
  /** As it is shown: a build's id or name, or the image's name. */
  readonly name: string;
  /** Null when the target is an image that was not built here. */
  readonly build: BuildRecord | null;
  /** Null for a build that did not get as far as an image. */
  readonly image: Image | null;
  /** In the order of the Dockerfile, through all stages. */
  readonly steps: readonly Step[];
  /** Every layer of every stage, each once, in the order of the steps that made them (base layers first in their stage). */
  readonly layers: readonly TargetLayer[];
}

export interface TargetLayer extends ImageLayer {
  readonly index: number;
  /** Number of the step that made this layer (for base layers: the FROM), or null. */
  readonly step: number | null;
}
