/** Text with holes: what a template's user can change, and what nobody knows yet. */

/** A place in a text that a parameter, or a variable, can fill. */
export interface Hole {
  /** As a parameter: `destination`, `cache-repo`; or a build argument's own name. */
  readonly name: string;
  /** What the build has there; null where it is not known. */
  readonly value: string | null;
}

export type Text = readonly (string | Hole)[];

export function isHole(piece: string | Hole): piece is Hole {
  return typeof piece !== "string";
}

/** The text with something in the place of every hole. */
export function fillText(text: Text, literal: (value: string) => string, hole: (hole: Hole) => string): string {
  return text.map(piece => (isHole(piece) ? hole(piece) : literal(piece))).join("");
}

/** The text as the build has it; null where a part of it is not known. */
export function knownText(text: Text): string | null {
  return text.some(piece => isHole(piece) && piece.value === null)
    ? null
    : fillText(
        text,
        value => value,
        ({ value }) => value ?? "",
      );
}

/** A text that is one hole; where parts of it are not known already, those stay the only ones. */
export function asHole(name: string, text: Text): Text {
  const value = knownText(text);
  return value === null ? text : [{ name, value }];
}

/** Holes of several texts, each name once; a value that is known wins over one that is not. */
export function holesOf(texts: Iterable<Text>): Hole[] {
  const holes = new Map<string, Hole>();
  for (const text of texts)
    for (const piece of text) {
      if (!isHole(piece)) continue;
      const before = holes.get(piece.name);
      if (before === undefined || before.value === null) holes.set(piece.name, piece);
    }
  return [...holes.values()];
}
