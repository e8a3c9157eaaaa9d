/** How a lesson names a step: by what it did to the image, or by its instruction. */

export type StepWords =
  | { readonly kind: "change"; readonly does: "adds" | "changes" | "deletes"; readonly path: string }
  | { readonly kind: "instruction"; readonly which: number; readonly instruction: string };

const ordinals = ["first", "second", "third", "fourth", "fifth"];

/** `adds /app/tool`, `first RUN`, `last COPY` … @returns what is wrong with them, when they are none. */
export function parseStepWords(words: string): StepWords | string {
  const change = /^(adds|changes|deletes) \/(.+)$/.exec(words);
  if (change) return { kind: "change", does: change[1] as "adds", path: change[2] as string };
  const instruction = /^([a-z]+) ([A-Z]+)$/.exec(words);
  const which = instruction?.[1] === "last" ? -1 : ordinals.indexOf(instruction?.[1] ?? "");
  if (instruction && (which >= 0 || instruction[1] === "last"))
    return { kind: "instruction", which, instruction: instruction[2] as string };
  return `${words}: a step is named as in "adds /path", "changes /path", "deletes /path", "first RUN", "last COPY"`;
}
