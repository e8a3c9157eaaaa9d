import { NeedleFinder } from "./needle-finder.ts";
import { isPlaceholder, type SecretPattern, secretPatterns } from "./secret-patterns.ts";

export interface SecretMatch {
  readonly pattern: SecretPattern;
  /** Where it starts in the content. */
  readonly offset: number;
  /** Its public start and its length, never more. */
  readonly masked: string;
}

const patternOfNeedle = secretPatterns.flatMap(pattern => pattern.needles.map(needle => ({ pattern, needle })));
const finder = new NeedleFinder(patternOfNeedle.map(({ needle }) => needle));
const longestWindow = Math.max(...secretPatterns.map(pattern => pattern.windowBytes));

/** More of them in one content are not kept. */
const maximumMatches = 20;

/** Starts of secrets that turned out to be none, in all contents of one scanner: a layer full of them is made to keep us busy. */
const maximumMisses = 2_000_000;

/**
 * Finds secrets in contents that come in chunks of any size: `push` for each chunk, `end` after the last. Rides on any
 * walk over contents; keeps a few kilobytes between chunks, never the chunk itself.
 */
export class SecretScanner {
  #matches: SecretMatch[] = [];
  #held: Buffer = Buffer.alloc(0);
  /** Where in the content the held bytes start. */
  #heldOffset = 0;
  /** Held bytes before this were searched; they are only looked back at. */
  #searched = 0;
  #misses = 0;

  /** Whether it has stopped looking, as there were too many starts of secrets that were none. */
  get gaveUp(): boolean {
    return this.#misses >= maximumMisses;
  }

  push(chunk: Uint8Array): void {
    const bytes = this.#held.length === 0 ? chunk : Buffer.concat([this.#held, chunk]);
    const to = Math.max(this.#searched, bytes.length - longestWindow);
    this.#search(bytes, to);
    // One byte before is needed to tell the start of a word.
    const keepFrom = Math.max(0, to - 1);
    this.#held = Buffer.from(bytes.subarray(keepFrom));
    this.#heldOffset += keepFrom;
    this.#searched = to - keepFrom;
  }

  /** What the content had; the scanner is ready for the next one. */
  end(): readonly SecretMatch[] {
    this.#search(this.#held, this.#held.length);
    const matches = this.#matches;
    this.#matches = [];
    this.#held = Buffer.alloc(0);
    this.#heldOffset = 0;
    this.#searched = 0;
    return matches;
  }

  #search(bytes: Uint8Array, to: number): void {
    if (this.gaveUp) return;
    finder.find(bytes, this.#searched, to, (needle, at) => this.#check(bytes, needle, at));
  }

  #check(bytes: Uint8Array, number: number, at: number): void {
    if (this.#matches.length >= maximumMatches || this.gaveUp) return;
    const { pattern, needle } = patternOfNeedle[number]!;
    const match = pattern.isWord && at > 0 && isWordByte(bytes[at - 1]!) ? null : formAt(bytes, at, pattern);
    if (match === null || isPlaceholder(match[1] ?? "")) {
      this.#misses += 1;
      return;
    }
    const masked = `${needle.trim()}*** (${match[0].length} characters)`;
    this.#matches.push({ pattern, offset: this.#heldOffset + at, masked });
  }
}

function formAt(bytes: Uint8Array, at: number, { form, windowBytes }: SecretPattern): RegExpExecArray | null {
  const end = Math.min(bytes.length, at + windowBytes);
  const window = Buffer.from(bytes.buffer, bytes.byteOffset + at, end - at).toString("latin1");
  form.lastIndex = 0;
  return form.exec(window);
}

function isWordByte(byte: number): boolean {
  return (byte >= 0x30 && byte <= 0x39) || ((byte | 0x20) >= 0x61 && (byte | 0x20) <= 0x7a) || byte === 0x5f;
}

/** Secrets in one short text. */
export function secretsInText(text: string): readonly SecretMatch[] {
  const scanner = new SecretScanner();
  scanner.push(Buffer.from(text, "utf8"));
  return scanner.end();
}
