import { isSpace } from "./go-text.ts";

/** Collects words; spaces that come from outside of quotes end one. */
export class WordList {
  readonly words: string[] = [];
  readonly #buffer: { text: string };
  #inWord = false;

  constructor(buffer: { text: string }) {
    this.#buffer = buffer;
  }

  addCharacter(character: string): void {
    if (!isSpace(character)) {
      this.addRaw(character);
    } else if (this.#inWord && this.#buffer.text !== "") {
      this.#flush();
    }
  }

  addText(text: string): void {
    for (const character of text) this.addCharacter(character);
  }

  addRaw(text: string): void {
    this.#buffer.text += text;
    this.#inWord = true;
  }

  finish(): string[] {
    if (this.#buffer.text !== "") this.#flush();
    return this.words;
  }

  #flush(): void {
    this.words.push(this.#buffer.text);
    this.#buffer.text = "";
    this.#inWord = false;
  }
}
