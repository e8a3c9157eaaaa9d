/** The first position in [start, end) for which `isIt` holds (from there on it always does), or `end`; near the start it is found fastest. */
export function firstFrom(start: number, end: number, isIt: (index: number) => boolean): number {
  let low = start;
  let step = 1;
  while (low + step - 1 < end && !isIt(low + step - 1)) {
    low += step;
    step *= 2;
  }
  let high = Math.min(end, low + step - 1);
  while (low < high) {
    const middle = (low + high) >>> 1;
    if (isIt(middle)) high = middle;
    else low = middle + 1;
  }
  return low;
}
