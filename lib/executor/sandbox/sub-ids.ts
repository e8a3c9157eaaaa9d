/** Subordinate ids: the further user and group ids that /etc/subuid and /etc/subgid lend to an ordinary user. */

export interface IdRange {
  readonly start: number;
  readonly count: number;
}

/** The ranges of one user, named by login name or by number, in the order of the file. Lines that are none are skipped. */
export function parseSubIds(text: string, user: { readonly name: string; readonly uid: number }): IdRange[] {
  return text.split("\n").flatMap(line => {
    const [owner, start, count, ...rest] = line.trim().split(":");
    if (owner === "" || (owner !== user.name && owner !== String(user.uid))) return [];
    const range = { start: Number(start), count: Number(count) };
    const valid = rest.length === 0 && Number.isSafeInteger(range.start) && Number.isSafeInteger(range.count);
    return valid && range.start > 0 && range.count > 0 ? [range] : [];
  });
}

/** Arguments of newuidmap and newgidmap after the process id: the user itself is 0 inside, the lent ids follow from 1. */
export function idMapArguments(ownId: number, ranges: readonly IdRange[]): string[] {
  const triples = [[0, ownId, 1]];
  let inside = 1;
  for (const { start, count } of ranges) {
    triples.push([inside, start, count]);
    inside += count;
  }
  return triples.flat().map(String);
}
