/** JSON as Go's `encoding/json` writes structs: fields in their own order, empty ones left out, `<`, `>` and `&` escaped. Pure. */

/** A value of a struct's field, already in Go's text; null for one that is left out. */
export type GoJson = string | null;

export function goString(text: string): string {
  return JSON.stringify(text.toWellFormed()).replace(
    /[<>&\u2028\u2029]/g,
    character => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
  );
}

export function goObject(fields: readonly (readonly [name: string, value: GoJson])[]): string {
  const written = fields.flatMap(([name, value]) => (value === null ? [] : [`${goString(name)}:${value}`]));
  return `{${written.join(",")}}`;
}

export function goArray(values: readonly string[]): string {
  return `[${values.join(",")}]`;
}

/** Maps are written in the order of their keys' bytes. */
export function goMap(entries: readonly (readonly [name: string, value: string])[]): string {
  const sorted = entries.toSorted(([a], [b]) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
  return goObject(sorted);
}
