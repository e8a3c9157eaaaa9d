const slash = 0x2f;

/**
 * How many bytes two paths have in common at their starts. Which of a path's parents are parents of another one, too, is
 * told by this one number: looking at each parent again would make deep paths cost their length squared.
 */
export function commonStart(
  one: Uint8Array,
  oneFrom: number,
  oneTo: number,
  other: Uint8Array,
  otherFrom: number,
  otherTo: number,
): number {
  const most = Math.min(oneTo - oneFrom, otherTo - otherFrom);
  let common = 0;
  while (common < most && one[oneFrom + common] === other[otherFrom + common]) common += 1;
  return common;
}

/** Whether a path is below the parent of this length of another one, with which it has `common` bytes in common. */
export function isBelowParent(
  path: Uint8Array,
  pathFrom: number,
  pathTo: number,
  common: number,
  parentLength: number,
): boolean {
  if (parentLength > common || pathTo - pathFrom <= parentLength) return false;
  return parentLength === 0 || path[pathFrom + parentLength] === slash;
}
