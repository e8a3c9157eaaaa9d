/**
 * Which version is newer, near enough for all package managers: an epoch (`1:`) first, then runs of digits as numbers and
 * runs of letters as text in turn; `~` and npm's `-beta` sort before the end. Only tells an upgrade from a downgrade.
 */
export function compareVersions(one: string, other: string): number {
  const [oneEpoch, oneRest] = splitEpoch(one);
  const [otherEpoch, otherRest] = splitEpoch(other);
  if (oneEpoch !== otherEpoch) return oneEpoch - otherEpoch;
  const a = partsOf(oneRest);
  const b = partsOf(otherRest);
  for (let i = 0; i < Math.max(a.length, b.length); i += 1) {
    const order = comparePart(a[i], b[i]);
    if (order !== 0) return order;
  }
  return 0;
}

function splitEpoch(version: string): [number, string] {
  const match = /^(\d{1,9}):(.*)$/s.exec(version);
  return match === null ? [0, version] : [Number(match[1]), match[2] as string];
}

function partsOf(version: string): string[] {
  return version.slice(0, 256).match(/\d+|[A-Za-z]+|~/g) ?? [];
}

const earlier = /^(?:~|a|b|c|rc|alpha|beta|pre|dev|next)$/i;

function comparePart(one: string | undefined, other: string | undefined): number {
  if (one === undefined) return other !== undefined && earlier.test(other) ? 1 : -1;
  if (other === undefined) return earlier.test(one) ? -1 : 1;
  const [a, b] = [isNumber(one), isNumber(other)];
  if (a && b) return compareNumbers(one, other);
  if (a !== b) return a ? 1 : -1;
  return one === other ? 0 : one === "~" ? -1 : other === "~" ? 1 : one < other ? -1 : 1;
}

function isNumber(part: string): boolean {
  return /^\d/.test(part);
}

/** As text: they may be longer than a number can be. */
function compareNumbers(one: string, other: string): number {
  const [a, b] = [one.replace(/^0+/, ""), other.replace(/^0+/, "")];
  return a.length - b.length || (a < b ? -1 : a > b ? 1 : 0);
}
