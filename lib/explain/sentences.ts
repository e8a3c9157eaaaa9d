/** Explanations in words. What comes from Dockerfiles, contexts and logs is escaped for the screen. Pure. */

import { mask, maskAssignments } from "../build/secrets.ts";
import { showText } from "../model/path-text.ts";
import type { Cause, FileAspect } from "./cause.ts";
import { type ExplainedStep, rootOf } from "./explain-builds.ts";
import { wordDiffText } from "./word-diff.ts";

/** Why a step was no hit, or that it was one. @param all the steps of the same build, for what a cause refers to. */
export function sentenceOf(explained: ExplainedStep, all: readonly ExplainedStep[]): string {
  const { causes } = explained;
  const why = causes.map(each => causeWords(each, explained, all)).join("; ");
  return why === "" ? quietSentence(explained) : `${startOf(explained)}${why}`;
}

function quietSentence({ step, before, result, reason, isSameKey }: ExplainedStep): string {
  if (result === "hit") return isSameKey === false ? "hit, under another key than in the other build" : "hit";
  if (result === "off") return "the layer cache was off";
  if (step.instruction === "FROM") return step.status === "skipped" ? "not needed" : "the same base";
  if (reason === "not-reached") return "the executor did not come to it, or did not need it";
  if (reason === "kind") return before === null ? "never looked up" : "the same; such steps are never looked up";
  return "the same";
}

function startOf({ step, result, reason, causes }: ExplainedStep): string {
  if (step.instruction === "FROM" || result === "off") return "";
  if (result === "miss") return "missed: ";
  if (reason === "after-miss" && causes[0]?.kind === "earlier-step") return "not looked up: ";
  return reason === "after-miss" ? "not looked up, and would have missed: " : "its key changed: ";
}

function causeWords(cause: Cause, explained: ExplainedStep, all: readonly ExplainedStep[]): string {
  const notes = cause.notes.length === 0 ? "" : ` (${cause.notes.map(showText).join("; ")})`;
  return `${wordsOf(cause, explained, all)}${notes}`;
}

function wordsOf(cause: Cause, explained: ExplainedStep, all: readonly ExplainedStep[]): string {
  const [name, before, after] = [shown(cause.name), shown(cause.before), shown(cause.after)];
  switch (cause.kind) {
    case "base":
      return after === name
        ? `the base image is ${after} instead of ${before}`
        : `${name} is another image: ${shortKey(before)} → ${shortKey(after)}`;
    case "arg":
    case "env":
      return variableWords(cause.kind.toUpperCase(), name ?? "", cause);
    case "instruction":
      if (cause.before === null) return "a new instruction";
      if (cause.after === null) return `gone: ${before}`;
      return cause.before === cause.after
        ? "its text changed where a secret is masked"
        : `its text changed: ${showText(wordDiffText(cause.before, cause.after))}`;
    case "file":
      return fileWords(cause);
    case "stage":
      return stageWords(cause, all);
    case "flags":
      return `${name === "executor" || name === "driver" ? `the ${name}` : name} is ${after ?? "not given"} instead of ${before ?? "not given"}`;
    case "expired":
      return `its entry is older than ${name} ${after}`;
    case "no-entry":
      return "its key is the same, but the layer cache has no entry under it any more";
    case "media-type":
      return "its key is the same, but what the layer cache has under it is no image";
    case "unreadable":
      return "its key is the same, but its entry could not be read";
    case "first-build":
      return cause.notes.length > 0 ? "nothing to compare with" : "the first build: there is nothing to compare with";
    case "earlier-step":
      return earlierWords(cause, explained, all);
    case "unknown":
      return explained.before === null
        ? "nothing to compare with"
        : "its key is another one, and nothing that was kept of both builds tells why";
  }
}

function shown(text: string | null): string | null {
  return text === null ? null : showText(text);
}

function shortKey(key: string | null): string {
  return key === null ? "unknown" : key.replace(/^sha256:/, "").slice(0, 12);
}

function variableWords(kind: string, name: string, { before, after }: Cause): string {
  const [old, now] = [before, after].map(value => (value === null ? null : showText(value)));
  if (before === mask && after === mask) return `${kind} ${name} has another value`;
  if (before === null) return `${kind} ${name} is new: ${now}`;
  return after === null ? `${kind} ${name} is gone (it was ${old})` : `${kind} ${name} is ${now} instead of ${old}`;
}

function fileWords({ path, name, aspects, before, after, more }: Cause): string {
  const file = path === null || path === "" ? "the context" : showText(path);
  const also = more === 0 ? "" : `, and ${more === 1 ? "1 more path differs" : `${more} more paths differ`}`;
  if (aspects.length === 0) return `${file} counts otherwise`;
  const said = aspects.map((aspect, at) => aspectWords(aspect, at === 0 ? before : null, at === 0 ? after : null));
  const ignore =
    name === null ? "" : after === null ? `, hidden by ${showText(name)}` : `, no longer hidden by ${showText(name)}`;
  return `${file} ${said.join(", ")}${ignore}${also}`;
}

function aspectWords(aspect: FileAspect, before: string | null, after: string | null): string {
  const values = before === null || after === null ? "" : ` ${showText(after)} instead of ${showText(before)}`;
  if (aspect === "present") return after === null ? "is gone" : "is new";
  if (aspect === "content") return "has another content";
  if (aspect === "mode") return values === "" ? "has another mode" : `has mode${values}`;
  if (aspect === "owner") return values === "" ? "has another owner" : `has owner${values}`;
  return aspect === "type" ? `is${values === "" ? " of another kind" : ` a${values}`}` : `points to${values}`;
}

function stageWords(cause: Cause, all: readonly ExplainedStep[]): string {
  const { name, path, aspects, more, step } = cause;
  const what = path === null ? "what it copies" : `/${showText(path)}`;
  const also = more === 0 ? "" : ` (and ${more} more)`;
  const how = aspects.map(aspect => stageAspects[aspect]).join(", ") || "is another";
  const maker = all.find(candidate => candidate.step.number === step);
  const root = rootOf(all, cause);
  const made = maker === undefined ? "" : `: step ${step} (${showText(short(maker.step.text))}) ${makerWords(maker)}`;
  const why = root === null || root.step === step ? "" : `, because of step ${root.step}`;
  return `${what}${also} of ${showText(name ?? "")} ${how}${made}${why}`;
}

const stageAspects: Readonly<Record<FileAspect, string>> = {
  present: "came or went",
  content: "has another content",
  mode: "has another mode",
  owner: "has another owner",
  type: "is of another kind",
  link: "points elsewhere",
};

function makerWords({ own, isSameKey, step }: ExplainedStep): string {
  if (own.length > 0) return "changed";
  return isSameKey === true && step.status === "executed" ? "ran again and made it otherwise" : "made it otherwise";
}

function earlierWords(cause: Cause, { isSameKey }: ExplainedStep, all: readonly ExplainedStep[]): string {
  const at = all.find(({ step }) => step.number === cause.step);
  const text = at === undefined ? "" : ` (${showText(short(at.step.text))})`;
  const also = cause.more === 0 ? "" : ` and ${cause.more} more`;
  return isSameKey === true || isSameKey === null
    ? `step ${cause.step}${text} before it missed${isSameKey === true ? "; its own key is the same" : ""}`
    : `only because of step ${cause.step}${text}${also}`;
}

const longestText = 40;

function short(instruction: string): string {
  const text = maskAssignments(instruction);
  return text.length <= longestText ? text : `${text.slice(0, longestText - 1)}…`;
}
