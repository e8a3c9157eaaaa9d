/** Reads a text character by character (code points); `""` is the end. A byte order mark at the start is not seen. */
export class RuneReader {
  readonly #text: string;
  #at: number;

  constructor(text: string) {
    this.#text = text;
    this.#at = text.startsWith("\ufeff") ? 1 : 0;
  }

  peek(): string {
    const code = this.#text.codePointAt(this.#at);
    if (code === undefined) return "";
    return code > 0xffff ? this.#text.slice(this.#at, this.#at + 2) : this.#text.charAt(this.#at);
  }

  next(): string {
    const rune = this.peek();
    this.#at += rune.length;
    return rune;
  }
}
