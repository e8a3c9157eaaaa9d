/**
 * Patterns as a list of tokens that all run at once over a text: time is bounded by tokens × characters, whatever the
 * pattern. Ignore files and Dockerfiles come from strangers, and what backtracks can be made to take hours.
 */

export type RuneTest = (rune: string) => boolean;

export type RuneToken =
  /** Exactly one character. */
  | { readonly kind: "one"; readonly test: RuneTest }
  /** Any number of characters. */
  | { readonly kind: "many"; readonly test: RuneTest }
  /** `(.*\/)?`: nothing, or whole folders. */
  | { readonly kind: "folders" }
  /** Only at the start of the text. */
  | { readonly kind: "start" };

export const notSlash: RuneTest = rune => rune !== "/";
export const notNewline: RuneTest = rune => rune !== "\n";

/** Whether the tokens match the whole text. */
export function matchTokens(tokens: readonly RuneToken[], text: string): boolean {
  let active = new Uint8Array(tokens.length + 1);
  let next = new Uint8Array(tokens.length + 1);
  enter(tokens, active, 0, true);
  for (const rune of text) {
    next.fill(0);
    for (let at = 0; at < tokens.length; at += 1) if (active[at] === 1) step(tokens, next, at, rune);
    [active, next] = [next, active];
  }
  return active[tokens.length] === 1;
}

function step(tokens: readonly RuneToken[], next: Uint8Array, at: number, rune: string): void {
  const token = tokens[at] as RuneToken;
  if (token.kind === "one") {
    if (token.test(rune)) enter(tokens, next, at + 1, false);
  } else if (token.kind === "many") {
    if (token.test(rune)) enter(tokens, next, at, false);
  } else if (token.kind === "folders") {
    // Once begun it ends with a slash only: what follows is not entered before.
    if (notNewline(rune)) next[at] = 1;
    if (rune === "/") enter(tokens, next, at + 1, false);
  }
}

/** Marks a token and those behind it that can begin here as well. */
function enter(tokens: readonly RuneToken[], set: Uint8Array, from: number, atStart: boolean): void {
  for (let at = from; ; at += 1) {
    const token = tokens[at];
    if (token?.kind === "start") {
      if (!atStart) return;
      continue;
    }
    const known = set[at] === 1;
    set[at] = 1;
    if (token === undefined || token.kind === "one" || (known && token.kind === "many")) return;
  }
}
