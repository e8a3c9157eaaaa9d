import { overlayRows } from "../state/select.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { languageOf } from "../viewer/languages.ts";
import { linesPerBlock } from "../viewer/viewer-state.ts";
import { runLatest, type Stop } from "./latest.ts";

/** So many lines before a block are read along, so that a string or comment that began there is known. */
const linesBefore = 100;
/** Blocks of long lines (minified code) are not worth the time. */
const mostCharacters = 64 * 1024;

interface Wanted {
  readonly id: number;
  readonly block: number;
  readonly language: string;
}

/** Colours the lines that are seen, block by block. */
export function highlightView(store: Store): Stop {
  return runLatest(store, {
    key: state => {
      const wanted = wantedBlock(state);
      return wanted && [wanted.id, wanted.block];
    },
    // Without colours the file is shown as well.
    onError: () => undefined,
    async run(state, signal) {
      const wanted = wantedBlock(state);
      if (!wanted) return;
      const { highlightLines } = await import("../viewer/highlight.ts");
      const lines = state.viewer?.content?.lines ?? [];
      const start = wanted.block * linesPerBlock;
      const from = Math.max(0, start - linesBefore);
      const text = lines.slice(from, Math.min(start + linesPerBlock, state.viewer?.content?.lineCount ?? 0));
      const length = text.reduce((sum, line) => sum + line.length, 0);
      const rows = length > mostCharacters ? [] : highlightLines(text, wanted.language).slice(start - from);
      if (!signal.aborted) store.dispatch({ type: "view-block", id: wanted.id, block: wanted.block, rows });
    },
  });
}

/** The first block in sight that has no colours yet and was read to its end. */
function wantedBlock(state: State): Wanted | null {
  const { viewer } = state;
  if (viewer?.mode !== "text" || !viewer.content) return null;
  const { lineCount, complete, lines } = viewer.content;
  const language = languageOf(viewer.path, lines[0] ?? "");
  if (language === null) return null;
  const last = Math.floor(Math.min(viewer.top + overlayRows(state), lineCount - 1) / linesPerBlock);
  for (let block = Math.floor(viewer.top / linesPerBlock); block <= last; block += 1) {
    const isRead = complete || lineCount >= (block + 1) * linesPerBlock;
    if (isRead && !viewer.blocks.has(block)) return { id: viewer.id, block, language };
  }
  return null;
}
