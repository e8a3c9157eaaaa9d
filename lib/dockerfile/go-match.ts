import { matchTokens, notSlash, type RuneToken } from "./rune-machine.ts";

/** Go's `filepath.Match`, compiled; null for a malformed pattern (`ErrBadPattern`). Kaniko finds the sources of COPY and ADD with it. */
export function compileGoMatch(pattern: string): ((name: string) => boolean) | null {
  const tokens = tokensOf([...pattern]);
  return tokens && (name => matchTokens(tokens, name));
}

/**
 * Whether `filepath.Match(pattern, ".")` reports a malformed pattern, which is how ignore files are checked: what stands
 * behind a part that does not match goes unseen.
 */
export function isRefusedPattern(pattern: string): boolean {
  const chunks = chunksOf(pattern);
  const bad = chunks.findIndex(chunk => tokensOf([...chunk]) === null);
  if (bad <= 0) return bad === 0;
  return compileGoMatch(`${chunks.slice(0, bad).join("")}*`)?.(".") === true;
}

/** The pattern in parts that begin with its stars. */
function chunksOf(pattern: string): string[] {
  const chunks: string[] = [];
  let inClass = false;
  let start = 0;
  for (let at = 0; at < pattern.length; at += 1) {
    const character = pattern[at];
    if (character === "\\") at += 1;
    else if (character === "[") inClass = true;
    else if (character === "]") inClass = false;
    else if (character === "*" && !inClass) {
      if (at > start && pattern[at - 1] !== "*") {
        chunks.push(pattern.slice(start, at));
        start = at;
      }
    }
  }
  return [...chunks, pattern.slice(start)];
}

function tokensOf(runes: readonly string[]): RuneToken[] | null {
  const tokens: RuneToken[] = [];
  for (let at = 0; at < runes.length; at += 1) {
    const rune = runes[at] as string;
    if (rune === "*") tokens.push({ kind: "many", test: notSlash });
    else if (rune === "?") tokens.push({ kind: "one", test: notSlash });
    else if (rune === "[") {
      const found = classAt(runes, at + 1);
      if (found === null) return null;
      tokens.push(found.token);
      at = found.end;
    } else {
      if (rune === "\\") at += 1;
      const literal = runes[at];
      if (literal === undefined) return null;
      tokens.push({ kind: "one", test: other => other === literal });
    }
  }
  return tokens;
}

interface FoundClass {
  readonly token: RuneToken;
  /** Where its `]` is. */
  readonly end: number;
}

function classAt(runes: readonly string[], start: number): FoundClass | null {
  const negated = runes[start] === "^";
  let at = negated ? start + 1 : start;
  const ranges: [number, number][] = [];
  while (runes[at] !== "]" || ranges.length === 0) {
    const low = escapedRune(runes, at);
    if (low === null) return null;
    at = low.next;
    let high = low;
    if (runes[at] === "-") {
      const end = escapedRune(runes, at + 1);
      if (end === null) return null;
      high = end;
      at = end.next;
    }
    ranges.push([low.code, high.code]);
    if (at >= runes.length) return null;
  }
  const test = (rune: string) => {
    const code = rune.codePointAt(0) as number;
    // A class of Go's Match can also be a slash; negated or not.
    return ranges.some(([low, high]) => low <= code && code <= high) !== negated;
  };
  return { token: { kind: "one", test }, end: at };
}

function escapedRune(runes: readonly string[], at: number): { code: number; next: number } | null {
  const first = runes[at];
  if (first === undefined || first === "-" || first === "]") return null;
  const rune = first === "\\" ? runes[at + 1] : first;
  if (rune === undefined) return null;
  return { code: rune.codePointAt(0) as number, next: at + (first === "\\" ? 2 : 1) };
}
