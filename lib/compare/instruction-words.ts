/** Instructions as words, to tell whether two of them are the same one, or one is an edited form of the other. Pure. */

/** The instruction with blanks that say nothing taken out: what the shell or the parser would not see. */
export function normalizedInstruction(text: string): string {
  return text.trim().replace(/\s+/g, " ");
}

/** An instruction of which a stage has one that counts: another value is an edit, however different it reads. */
const singular = /^(?:FROM|CMD|ENTRYPOINT|USER|WORKDIR|HEALTHCHECK|STOPSIGNAL|SHELL|MAINTAINER)$/;

/** What two instructions of a singular keyword count at least. */
const singularScore = 0.4;

/** From this on two instructions count as one that was edited. */
export const editedScore = 0.4;

export interface WordedInstruction {
  readonly keyword: string;
  readonly words: ReadonlyMap<string, number>;
  readonly count: number;
}

/** Longer commands are told apart by their beginning. */
const maxCharacters = 20_000;

export function wordsOf(keyword: string, text: string): WordedInstruction {
  const words = new Map<string, number>();
  const found = text.slice(keyword.length, maxCharacters).match(/[\p{L}\p{N}_]+/gu) ?? [];
  for (const word of found) words.set(word, (words.get(word) ?? 0) + 1);
  return { keyword, words, count: found.length };
}

/** How alike two instructions are, from 0 to 1: the part of their words that both have (Dice's coefficient); 0 for different keywords. */
export function similarity(one: WordedInstruction, other: WordedInstruction): number {
  if (one.keyword !== other.keyword) return 0;
  let common = 0;
  for (const [word, times] of one.words) common += Math.min(times, other.words.get(word) ?? 0);
  const all = one.count + other.count;
  const score = all === 0 ? 1 : (2 * common) / all;
  return singular.test(one.keyword) ? Math.max(score, singularScore) : score;
}
