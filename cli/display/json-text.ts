/** JSON that a terminal can show: what JSON itself leaves raw but a terminal would obey is escaped, which is JSON all the same. */

const obeyed = /[\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]/g;

export function jsonText(value: unknown, indent?: number): string {
  return JSON.stringify(value, plainNumbers, indent).replace(
    obeyed,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

/** Lone surrogates stand for bytes that are not UTF-8 (see path-text.ts); JSON keeps them as escapes of their own. */
function plainNumbers(_key: string, value: unknown): unknown {
  return typeof value === "bigint" ? Number(value) : value;
}
