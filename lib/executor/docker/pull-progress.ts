import type { EngineProgress } from "./progress-stream.ts";

export interface PullTotals {
  readonly doneBytes: number;
  readonly totalBytes: number;
}

const maxLayers = 1000;

/**
 * Adds up a pull's messages over its layers, in bytes as they travel. The total grows while layers become known, since the
 * engine tells a layer's size only when its download starts.
 */
export class PullProgress {
  readonly #layers = new Map<string, { done: number; total: number }>();

  /** @returns the new totals, or null when the message changed nothing that is shown. */
  add(message: EngineProgress): PullTotals | null {
    const { id, status, progressDetail } = message;
    if (id === undefined) return null;
    const known = this.#layers.get(id);
    const { current, total } = progressDetail ?? {};
    if (status === "Downloading" && isSize(current) && isSize(total)) {
      if (known === undefined && this.#layers.size >= maxLayers) return null;
      this.#layers.set(id, { done: Math.min(current, total), total });
    } else if (known && (status === "Download complete" || status === "Pull complete") && known.done < known.total) {
      this.#layers.set(id, { done: known.total, total: known.total });
    } else {
      return null;
    }
    return this.#totals();
  }

  #totals(): PullTotals {
    let doneBytes = 0;
    let totalBytes = 0;
    for (const layer of this.#layers.values()) {
      doneBytes += layer.done;
      totalBytes += layer.total;
    }
    return { doneBytes, totalBytes };
  }
}

function isSize(value: unknown): value is number {
  return typeof value === "number" && Number.isFinite(value) && value > 0;
}
