import { toLower } from "./go-text.ts";

/** Farther words are no misspelling. */
const maxDistance = 2;

/** ` (did you mean X?)` for the nearest of `options`, or "". Of several equally near ones the first counts. */
export function suggestion(
  word: string,
  options: readonly string[],
  caseSensitive: boolean,
  limit = maxDistance,
): string {
  const wanted = caseSensitive ? word : toLower(word);
  let nearest = "";
  let nearestDistance = limit + 1;
  for (const option of options) {
    const candidate = caseSensitive ? option : toLower(option);
    if (candidate === wanted) return "";
    const distance = editDistance(wanted, candidate, limit);
    if (distance >= nearestDistance) continue;
    nearest = caseSensitive ? option : inCaseOf(word, candidate);
    nearestDistance = distance;
  }
  return nearest === "" ? "" : ` (did you mean ${nearest}?)`;
}

/** The same for words of our own: with two letters changed any short word becomes any other one. */
export function nameSuggestion(word: string, options: readonly string[]): string {
  const letters = word.replace(/^-+/, "").length;
  return suggestion(word, options, true, letters < 2 ? 0 : letters < 4 ? 1 : maxDistance);
}

function inCaseOf(model: string, text: string): string {
  if (model === toLower(model)) return text;
  return model === model.toUpperCase() ? text.toUpperCase() : text;
}

/** Levenshtein distance; anything above `limit` may come out as `limit + 1`. */
function editDistance(from: string, to: string, limit: number): number {
  const source = [...from.slice(0, 2 * (to.length + limit + 1))];
  const target = [...to];
  if (Math.abs(source.length - target.length) > limit) return limit + 1;
  let previous = target.map((_, column) => column);
  previous.push(target.length);
  for (const [row, character] of source.entries()) {
    const current = [row + 1];
    for (const [column, other] of target.entries()) {
      const substituted = (previous[column] as number) + (character === other ? 0 : 1);
      current.push(Math.min(substituted, (previous[column + 1] as number) + 1, (current[column] as number) + 1));
    }
    previous = current;
  }
  return previous[target.length] as number;
}
