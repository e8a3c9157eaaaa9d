/** What a registry asks for in `WWW-Authenticate` (RFC 9110, section 11.6.1). */
export type Challenge =
  | {
      readonly scheme: "bearer";
      readonly realm: string;
      readonly service: string | null;
      readonly scope: string | null;
    }
  | { readonly scheme: "basic" };

const maxHeaderLength = 16_384;
const parameter = /\s*([A-Za-z0-9_-]+)\s*=\s*(?:"((?:[^"\\]|\\.)*)"|([^\s,"]+))\s*(?:,|$)/y;
const schemeName = /\s*([A-Za-z0-9_-]+)(?:\s*,|\s+|$)/y;

/** The strongest challenge that is understood (bearer, then basic), or null. */
export function parseChallenge(header: string | null): Challenge | null {
  if (header === null || header.length > maxHeaderLength) return null;
  const challenges = splitChallenges(header);
  for (const { scheme, parameters } of challenges) {
    const realm = parameters.get("realm");
    if (scheme !== "bearer" || realm === undefined) continue;
    return { scheme, realm, service: parameters.get("service") ?? null, scope: parameters.get("scope") ?? null };
  }
  return challenges.some(({ scheme }) => scheme === "basic") ? { scheme: "basic" } : null;
}

/** Several challenges may share one header, parted by the same commas as their parameters. */
function splitChallenges(header: string): { scheme: string; parameters: Map<string, string> }[] {
  const challenges: { scheme: string; parameters: Map<string, string> }[] = [];
  let at = 0;
  while (at < header.length) {
    const current = challenges.at(-1);
    const found = current === undefined ? null : matchAt(parameter, header, at);
    if (current !== undefined && found !== null) {
      const value = found[2] === undefined ? (found[3] ?? "") : found[2].replace(/\\(.)/g, "$1");
      current.parameters.set((found[1] ?? "").toLowerCase(), value);
      at = parameter.lastIndex;
      continue;
    }
    const scheme = matchAt(schemeName, header, at);
    if (scheme === null) return challenges;
    challenges.push({ scheme: (scheme[1] ?? "").toLowerCase(), parameters: new Map() });
    at = schemeName.lastIndex;
  }
  return challenges;
}

function matchAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}
