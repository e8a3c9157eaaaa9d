import { type SecretPattern, secretPatterns } from "../secrets/secret-patterns.ts";

export const severities = ["error", "warning", "note"] as const;
export type Severity = (typeof severities)[number];

/** What `lint` looks for. */
export interface LintRule {
  readonly id: string;
  readonly severity: Severity;
  /** Why it is reported, one sentence without an end. */
  readonly why: string;
  /** How to mend it. */
  readonly hint: string;
}

const ownRules = [
  {
    id: "unsafe-name",
    severity: "error",
    why: "a name is absolute or has .. in it; engines cut it, refuse it, or leave the root",
    hint: "make the layer again with relative names",
  },
  {
    id: "duplicate-entry",
    severity: "warning",
    why: "a path is there more than once in a layer; the last one counts, the others are only stored",
    hint: "write each path once",
  },
  {
    id: "missing-parent",
    severity: "note",
    why: "no layer has the folder; each engine makes it with mode and owner of its own",
    hint: "make the folder in the same layer",
  },
  {
    id: "whiteout-of-nothing",
    severity: "warning",
    why: "a whiteout removes what no layer below has",
    hint: "leave the whiteout out",
  },
  {
    id: "opaque-in-empty",
    severity: "note",
    why: "a folder is made opaque in which the layers below have nothing",
    hint: "leave the marker out",
  },
  {
    id: "whiteout-and-entry",
    severity: "warning",
    why: "a layer has a path and a whiteout of it; engines disagree on which one counts",
    hint: "leave the whiteout out: an entry replaces what is below",
  },
  {
    id: "ignored-name",
    severity: "warning",
    why: "a name that belongs to whiteouts is no whiteout; no engine unpacks it",
    hint: "rename the file: names that start with .wh. cannot be in an image",
  },
  {
    id: "device-node",
    severity: "warning",
    why: "a device gives access to the machine's hardware where it may be opened",
    hint: "engines make the devices that a container needs",
  },
  {
    id: "setuid",
    severity: "warning",
    why: "whoever runs a set-uid or set-gid file gets the rights of its owner",
    hint: "chmod u-s,g-s in the same RUN if nobody needs it",
  },
  {
    id: "file-capability",
    severity: "warning",
    why: "whoever runs a file with capabilities gets these rights",
    hint: "setcap -r in the same RUN if nobody needs them",
  },
  {
    id: "world-writable-file",
    severity: "warning",
    why: "every user of the container may change the file",
    hint: "chmod o-w in the step that makes it",
  },
  {
    id: "world-writable-folder",
    severity: "warning",
    why: "every user may remove and replace what others put there: the sticky bit is not set",
    hint: "chmod o-w, or chmod +t as /tmp has it",
  },
  {
    id: "future-time",
    severity: "note",
    why: "the modification time lies in the future; tools like make are misled",
    hint: "check the clock of the machine that made the file",
  },
  {
    id: "unknown-owner",
    severity: "note",
    why: "the owner has no line in /etc/passwd, or the group none in /etc/group",
    hint: "make the user in an earlier step, or chown to one that is there",
  },
  {
    id: "secret-file",
    severity: "error",
    why: "a file of this name holds secrets; everyone who pulls the image has it",
    hint: "RUN --mount=type=secret gives a step what no layer keeps",
  },
  {
    id: "secret-variable",
    severity: "error",
    why: "a variable called like a secret has a value in the image's config or history",
    hint: "give it when the container is started, or RUN --mount=type=secret",
  },
  {
    id: "not-searched",
    severity: "note",
    why: "contents were not searched for secrets",
    hint: "of a recording without layers only names are known: build again",
  },
] as const satisfies readonly LintRule[];

export type OwnRule = (typeof ownRules)[number]["id"];

const patternHint = "take it back at its maker, then RUN --mount=type=secret instead";

/** Tests and documentation have them, and most are of no use after an hour. */
const oftenHarmless: ReadonlySet<string> = new Set(["secret-jwt"]);

/** One rule for each kind of secret, however many forms it has. */
const patternRules = [...new Map(secretPatterns.map(pattern => [pattern.rule, pattern])).values()].map(
  ({ rule, title }: SecretPattern): LintRule => ({
    id: rule,
    severity: oftenHarmless.has(rule) ? "warning" : "error",
    why: `${title} lies in the image; everyone who pulls it has it`,
    hint: patternHint,
  }),
);

export const lintRules: readonly LintRule[] = [...ownRules, ...patternRules];

const byId = new Map(lintRules.map(rule => [rule.id, rule]));

export function lintRule(id: string): LintRule {
  const rule = byId.get(id);
  if (rule === undefined) throw new Error(`no lint rule ${id}`);
  return rule;
}
