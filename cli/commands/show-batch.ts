/** Many builds in the terminal UI. It has the form of the plain display, so that a batch need not know which it has. */

import type { FoundContext } from "../../lib/batch/find-contexts.ts";
import type { BatchItem, BatchOutcome } from "../../lib/batch/run-batch.ts";
import type { BuildEvent } from "../../lib/executor/events.ts";
import type { CliContext } from "../context.ts";
import { BatchDisplay } from "../display/batch.ts";
import type { BatchNews } from "../tui/live/batch-view.ts";
import { openTui } from "./tui.ts";

export class BatchScreen {
  readonly #context: CliContext;
  readonly #items: readonly BatchItem[];
  readonly #jobs: number;
  readonly #stop = new AbortController();
  readonly #news = new Queue<BatchNews>();
  readonly #left: Promise<unknown>;
  /** Fires when the user cancels, too. */
  readonly signal: AbortSignal;

  constructor(context: CliContext, items: readonly BatchItem[], jobs: number) {
    this.#context = context;
    this.#items = items;
    this.#jobs = jobs;
    this.signal = AbortSignal.any([context.signal, this.#stop.signal]);
    const names = items.map(item => item.context.name);
    this.#left = openTui(context, {
      target: null,
      batch: { names, news: this.#news, cancel: () => this.#stop.abort() },
    }).finally(() => this.#stop.abort());
    // It is waited for in the end.
    this.#left.catch(() => undefined);
  }

  event({ name }: FoundContext, event: BuildEvent): void {
    this.#news.push({ name, event });
  }

  end(outcome: BatchOutcome): void {
    this.#news.push({ name: outcome.context.name, outcome });
  }

  /** @returns when the user has left. */
  async close(): Promise<void> {
    this.#news.end();
    await this.#left;
  }

  /** When the screen is gone. */
  summary(outcomes: readonly BatchOutcome[]): void {
    const plain = new BatchDisplay(this.#context.output, this.#items, this.#jobs);
    plain.summary(outcomes);
    plain.close();
  }
}

/** What is pushed comes out in order, when it is asked for. */
class Queue<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = [];
  #ended = false;
  #wake = Promise.withResolvers<void>();

  push(item: Item): void {
    this.#items.push(item);
    this.#wake.resolve();
  }

  end(): void {
    this.#ended = true;
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for (;;) {
      for (const item of this.#items.splice(0)) yield item;
      if (this.#ended && this.#items.length === 0) return;
      if (this.#items.length > 0) continue;
      this.#wake = Promise.withResolvers<void>();
      await this.#wake.promise;
    }
  }
}
