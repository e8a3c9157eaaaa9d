/** What is pushed is read in order, by one reader, who waits for more until the end. */
export class EventQueue<Item> implements AsyncIterable<Item> {
  readonly #items: Item[] = [];
  #wake = Promise.withResolvers<void>();
  #end: { readonly error: unknown } | null = null;

  push(item: Item): void {
    if (this.#end !== null) return;
    this.#items.push(item);
    this.#wake.resolve();
  }

  /** @param error what the reader is to be told after the last item; null for a good end. */
  end(error: unknown = null): void {
    this.#end ??= { error };
    this.#wake.resolve();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, void> {
    for (;;) {
      const items = this.#items.splice(0);
      yield* items;
      if (items.length > 0) continue;
      if (this.#end !== null) {
        if (this.#end.error !== null) throw this.#end.error;
        return;
      }
      await this.#wake.promise;
      this.#wake = Promise.withResolvers<void>();
    }
  }
}
