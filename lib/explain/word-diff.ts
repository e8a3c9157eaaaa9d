import { diffWordsWithSpace } from "diff";

export interface WordChange {
  readonly kind: "same" | "removed" | "added";
  readonly text: string;
}

/** Two wholly different commands of many thousand words would take seconds. */
const timeoutMs = 500;

/** An edited instruction, word by word. Pure. */
export function wordChanges(before: string, after: string): WordChange[] {
  const parts = diffWordsWithSpace(before, after, { timeout: timeoutMs });
  if (parts === undefined)
    return [
      { kind: "removed", text: before },
      { kind: "added", text: after },
    ];
  return parts.map(({ added, removed, value }) => ({
    kind: added ? "added" : removed ? "removed" : "same",
    text: value,
  }));
}

/** `RUN make [-all-]{+test+}`, as git's word diff. Long stretches that are the same are cut. */
export function wordDiffText(before: string, after: string): string {
  return wordChanges(before, after)
    .map(({ kind, text }) => (kind === "removed" ? `[-${text}-]` : kind === "added" ? `{+${text}+}` : shortened(text)))
    .join("");
}

const longestSame = 40;

function shortened(text: string): string {
  return text.length <= longestSame ? text : `${text.slice(0, longestSame / 2)}…${text.slice(-longestSame / 2)}`;
}
