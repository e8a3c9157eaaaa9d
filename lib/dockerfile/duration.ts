import { SyntaxFault } from "./syntax-error.ts";

const nanosecondsOf: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  "\u00b5s": 1e3,
  "\u03bcs": 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};

const longestNs = 2 ** 63;
const digits = "0123456789";

/**
 * Checks a duration such as `1m30s` as Go's `time.ParseDuration` does and gives it in nanoseconds, rounded to a double.
 * @throws SyntaxFault in Go's words.
 */
export function parseDurationNs(text: string): number {
  const invalid = () => new SyntaxFault(`time: invalid duration ${quoteBytes(text)}`);
  const sign = text.startsWith("-") ? -1 : 1;
  let rest = /^[+-]/.test(text) ? text.slice(1) : text;
  if (rest === "0") return 0;
  if (rest === "") throw invalid();
  let totalNs = 0;
  while (rest !== "") {
    const amount = leadingAmount(rest);
    if (!/\d/.test(amount)) throw invalid();
    rest = rest.slice(amount.length);
    const unit = leadingUnit(rest);
    if (unit === "") throw new SyntaxFault(`time: missing unit in duration ${quoteBytes(text)}`);
    const unitNs = Object.hasOwn(nanosecondsOf, unit) ? nanosecondsOf[unit] : undefined;
    if (unitNs === undefined) {
      throw new SyntaxFault(`time: unknown unit ${quoteBytes(unit)} in duration ${quoteBytes(text)}`);
    }
    totalNs += Number(amount) * unitNs;
    if (totalNs >= longestNs) throw invalid();
    rest = rest.slice(unit.length);
  }
  return sign * totalNs;
}

/** Digits with at most one point. */
function leadingAmount(text: string): string {
  let end = 0;
  let points = 0;
  while (end < text.length && (digits.includes(text.charAt(end)) || (text[end] === "." && points === 0))) {
    if (text[end] === ".") points += 1;
    end += 1;
  }
  return text.slice(0, end);
}

function leadingUnit(text: string): string {
  let end = 0;
  while (end < text.length && text[end] !== "." && !digits.includes(text.charAt(end))) end += 1;
  return text.slice(0, end);
}

/** The quoting of Go's `time` package: every byte that is not printable ASCII in hexadecimal. */
function quoteBytes(text: string): string {
  let quoted = "";
  for (const byte of Buffer.from(text, "utf8")) {
    const character = String.fromCharCode(byte);
    if (byte < 0x20 || byte >= 0x80) quoted += `\\x${byte.toString(16).padStart(2, "0")}`;
    else quoted += character === '"' || character === "\\" ? `\\${character}` : character;
  }
  return `"${quoted}"`;
}
