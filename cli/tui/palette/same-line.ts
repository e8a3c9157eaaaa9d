/** The line of a shell that gives what is looked at. Pure. */

import { scopeOf, selectedFile, selectedStep, shownMode } from "../state/select.ts";
import type { State } from "../state/state.ts";
import { shellLine } from "./line-words.ts";
import { type OpenFacts, openFacts } from "./open-facts.ts";

const program = "kaniko-lab";

/** "" where nothing is open yet. */
export function sameLine(state: State): string {
  if (state.report && scopeOf(state) === "report") return state.report.line ?? "";
  if (state.sheet?.kind === "cluster" && scopeOf(state) === "cluster")
    return "kubectl get pods,jobs -A -l app.kubernetes.io/managed-by=kaniko-lab";
  const words = wordsOf(state, openFacts(state));
  return words === null ? "" : shellLine([program, ...words, ...state.palette.extraWords]);
}

function wordsOf(state: State, facts: OpenFacts): readonly string[] | null {
  // What is typed is of the view below it.
  const scope = scopeOf({ ...state, prompt: null });
  const { target, step } = facts;
  if (scope === "builds") return ["builds"];
  if (scope === "batch") return null;
  if (scope === "cache") return ["cache", "ls"];
  if (scope === "help") return ["--help"];
  if (scope === "compare" && state.sheet?.kind === "compare") {
    const { data } = state.sheet;
    const [one, other] = data ? [data.one, data.other] : [facts.other, target];
    return one === null || other === null ? null : ["compare", one, other];
  }
  if (state.place === "live" && state.live) {
    const { id } = state.live.progress;
    if (id === "") return null;
    return scope === "timeline" ? ["steps", id, "--times"] : ["replay", id];
  }
  if (target === null) return null;
  const atStep = step === null ? [] : ["--step", String(step)];
  switch (scope) {
    case "treemap": {
      const sheet = state.sheet?.kind === "treemap" ? state.sheet : null;
      if (sheet !== null && sheet.of !== "tree") return ["diff", target, ...atStep];
      return ["tree", target, `/${sheet?.folder ?? ""}`, ...atStep, "--sort", "size"];
    }
    case "timeline":
      return ["steps", target, "--times"];
    case "viewer":
      return viewerWords(state, target, facts);
    case "hits":
      return searchWords(state, target);
    case "why":
      return ["explain", target, ...atStep];
    case "files":
      return filesWords(state, facts, target);
    case "detail": {
      const file = state.detailOf === "files" ? selectedFile(state) : null;
      return file ? ["history", target, `/${file.path}`] : ["steps", target, "--long"];
    }
    default:
      return ["steps", target];
  }
}

function viewerWords({ viewer }: State, target: string, { step, other }: OpenFacts): readonly string[] | null {
  if (!viewer?.at || viewer.dockerfile) return null;
  const path = `/${viewer.path}`;
  if (viewer.mode !== "diff") return ["cat", target, path, "--step", String(viewer.at.step.number)];
  const before = viewer.before?.step.number;
  if (viewer.before && viewer.before.target !== viewer.at.target)
    return other === null ? null : ["diff", other, target, "--file", path];
  return ["diff", target, "--from", String(before), "--to", String(step), "--file", path];
}

function searchWords({ search }: State, target: string): readonly string[] | null {
  if (!search) return null;
  const { text, mode, ignoreCase } = search.query;
  const words = ["search", ...(mode === "substring" ? [] : [`--${mode}`]), ...(ignoreCase ? ["--ignore-case"] : [])];
  return text.startsWith("-") ? [...words, "--", text, target] : [...words, text, target];
}

function filesWords(state: State, { other, step, baseStep }: OpenFacts, target: string): readonly string[] {
  const at = String(step ?? selectedStep(state)?.number ?? 1);
  if (state.base) {
    if (baseStep !== null) return ["diff", target, "--from", String(baseStep), "--to", at];
    return other === null ? ["diff", target, "--step", at] : ["diff", other, target];
  }
  if (shownMode(state) === "changes") return ["diff", target, "--step", at];
  const path = selectedFile(state)?.path ?? "";
  const folder = path.slice(0, Math.max(0, path.lastIndexOf("/")));
  return ["ls", target, `/${folder}`, "--step", at];
}
