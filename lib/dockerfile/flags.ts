import { cut, toLower } from "./go-text.ts";
import { suggestion } from "./suggest.ts";
import { SyntaxFault } from "./syntax-error.ts";

/** `strings`: may be given more than once. */
export type FlagKind = "bool" | "string" | "strings";

export type FlagKinds = Readonly<Record<string, FlagKind>>;

export const noFlags: FlagKinds = {};

/**
 * The values of flags by name; those of `bool` flags are `true` or `false`. Mirrors BuildKit's `BFlags.Parse`.
 * @throws SyntaxFault for an unknown or repeated flag and for a missing or wrong value.
 */
export function parseFlags(flags: readonly string[], kinds: FlagKinds): ReadonlyMap<string, readonly string[]> {
  const values = new Map<string, string[]>();
  for (const flag of flags) {
    const [shown, value] = cut(flag, "=");
    const name = shown.slice(2);
    const kind = Object.hasOwn(kinds, name) ? kinds[name] : undefined;
    if (kind === undefined) {
      throw new SyntaxFault(`unknown flag: ${shown}${suggestion(name, Object.keys(kinds), true)}`);
    }
    const known = values.get(name);
    if (known !== undefined && kind !== "strings") throw new SyntaxFault(`duplicate flag specified: ${shown}`);
    const read = kind === "bool" ? readBool(shown, value) : readString(shown, value);
    if (known === undefined) values.set(name, [read]);
    else known.push(read);
  }
  return values;
}

function readString(shown: string, value: string | undefined): string {
  if (value === undefined) throw new SyntaxFault(`missing a value on flag: ${shown}`);
  return value;
}

function readBool(shown: string, value: string | undefined): string {
  if (value === undefined) return "true";
  if (value === "") throw new SyntaxFault(`missing a value on flag: ${shown}`);
  const lower = toLower(value);
  if (lower === "true" || lower === "false") return lower;
  throw new SyntaxFault(`expecting boolean value for flag ${shown}, not: ${value}`);
}
