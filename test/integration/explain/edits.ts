/** Scripted edits between two builds: each has a stage of its own in one Dockerfile, and what `explain` must say of it. */

import { chmod, chown, rename, rm, symlink, unlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import type { Family } from "../build/support.ts";

/** A step with something of its own, by its text, and its cause as far as it is told here. */
export type Expected = readonly [text: string, cause: object];

export interface Edit {
  /** Name of its stage, and of the folder of the context that it may use. */
  readonly name: string;
  /** After FROM, before the edit. */
  readonly lines: readonly string[];
  /** After the edit; left out: the same. */
  readonly edited?: readonly string[];
  /** Files in its folder. */
  readonly files?: Readonly<Record<string, string>>;
  /** @param folder its folder of the context. */
  readonly change?: (folder: string) => Promise<void>;
  readonly args?: readonly [before: Readonly<Record<string, string>>, after: Readonly<Record<string, string>>];
  /** Empty: all keys stay the same. */
  readonly expected: readonly Expected[];
  /** What upstream's other algorithm makes of it. */
  readonly upstream?: readonly Expected[];
  /** Families that can build it. */
  readonly only?: Family;
  /** Why it cannot be made here, or "". */
  readonly skip?: string;
}

const isRoot = process.getuid?.() === 0;

/** A folder is copied as `COPY <name> /d`. */
function folder(name: string, change: Edit["change"] & object, cause: object, more: Partial<Edit> = {}): Edit {
  const copy = `COPY ${name} /d`;
  return {
    name,
    lines: [copy, "RUN ls /d"],
    files: { "one.txt": "one\n", "sub/two.txt": "two\n" },
    change,
    expected: [[copy, { kind: "file", ...cause }]],
    ...more,
  };
}

export const edits: readonly Edit[] = [
  folder("content", at => overwrite(join(at, "sub/two.txt"), "other\n"), {
    path: "content/sub/two.txt",
    aspects: ["content"],
  }),
  folder("mode", at => chmod(join(at, "one.txt"), 0o755), {
    path: "mode/one.txt",
    aspects: ["mode"],
    before: "0644",
    after: "0755",
  }),
  folder("folder-mode", at => chmod(join(at, "sub"), 0o700), { path: "folder-mode/sub", aspects: ["mode"] }),
  folder("top-mode", at => chmod(at, 0o700), { path: "top-mode", aspects: ["mode"] }),
  folder(
    "owner",
    at => chown(join(at, "one.txt"), 1234, 1234),
    { path: "owner/one.txt", aspects: ["owner"], before: "0:0", after: "1234:1234" },
    { skip: isRoot ? "" : "files of other owners need root" },
  ),
  folder("added", at => overwrite(join(at, "three.txt"), "three\n"), {
    path: "added/three.txt",
    aspects: ["present"],
    before: null,
  }),
  folder("removed", at => rm(join(at, "one.txt")), { path: "removed/one.txt", aspects: ["present"], after: null }),
  folder(
    "renamed",
    at => rename(join(at, "sub/two.txt"), join(at, "sub/new.txt")),
    { aspects: ["present"], more: 1 },
    // Names do not count in upstream's hash of a folder.
    { upstream: [] },
  ),
  folder("touched", at => utimes(join(at, "one.txt"), 1, 1), {}, { expected: [] }),
  folder(
    "kind",
    async at => {
      await unlink(join(at, "one.txt"));
      await symlink("sub/two.txt", join(at, "one.txt"));
    },
    { path: "kind/one.txt", aspects: ["type"], before: "file", after: "symlink" },
  ),
  {
    name: "link",
    lines: ["COPY link /d", "RUN ls /d"],
    files: { "a.txt": "a\n", "b.txt": "b\n" },
    change: async at => {
      await rm(join(at, "to"), { force: true });
      await symlink("b.txt", join(at, "to"));
    },
    expected: [["COPY link /d", { kind: "file", path: "link/to", aspects: ["link"], before: "a.txt", after: "b.txt" }]],
  },
  folder("hidden", async () => undefined, {
    path: "hidden/sub",
    more: 1,
    aspects: ["present"],
    name: ".dockerignore",
    after: null,
  }),
  folder("shown", async () => undefined, {
    path: "shown/sub",
    more: 1,
    aspects: ["present"],
    name: ".dockerignore",
    before: null,
  }),
  {
    name: "wildcard",
    lines: ["COPY wildcard/*.txt /d/"],
    files: { "one.txt": "one\n", "two.txt": "two\n" },
    change: at => overwrite(join(at, "three.txt"), "three\n"),
    expected: [["COPY wildcard/*.txt /d/", { kind: "file", path: "wildcard/three.txt", aspects: ["present"] }]],
  },
  {
    name: "single",
    lines: ["COPY single/one.txt single/two.txt /d/"],
    files: { "one.txt": "one\n", "two.txt": "two\n" },
    change: at => overwrite(join(at, "two.txt"), "other\n"),
    expected: [["COPY single/one.txt single/two.txt /d/", { kind: "file", path: "single/two.txt", more: 0 }]],
  },
  {
    name: "unused-file",
    lines: ["COPY unused-file/one.txt /d/"],
    files: { "one.txt": "one\n", "two.txt": "two\n" },
    change: at => overwrite(join(at, "two.txt"), "other\n"),
    expected: [],
  },
  {
    name: "add",
    lines: ["ADD add/one.txt /d/", "RUN ls /d"],
    files: { "one.txt": "one\n" },
    change: at => overwrite(join(at, "one.txt"), "other\n"),
    expected: [["ADD add/one.txt /d/", { kind: "file", path: "add/one.txt", aspects: ["content"] }]],
  },
  {
    name: "mount",
    lines: ["RUN --mount=type=bind,source=mount/one.txt,target=/one.txt cat /one.txt"],
    files: { "one.txt": "one\n" },
    change: at => overwrite(join(at, "one.txt"), "other\n"),
    only: "fork",
    expected: [
      [
        "RUN --mount=type=bind,source=mount/one.txt,target=/one.txt cat /one.txt",
        { kind: "file", path: "mount/one.txt" },
      ],
    ],
  },
  {
    name: "arg-undeclared",
    lines: ["RUN echo $NOWHERE > /nowhere"],
    args: [{}, { NOWHERE: "1" }],
    expected: [],
  },
  {
    name: "arg-secret",
    lines: ["ARG API_TOKEN", "RUN test -n $API_TOKEN"],
    args: [{ API_TOKEN: "first-token-value" }, { API_TOKEN: "second-token-value" }],
    expected: [["RUN test -n $API_TOKEN", { kind: "arg", name: "API_TOKEN", before: "***", after: "***" }]],
  },
  folder(
    "arg-secret-behind",
    at => overwrite(join(at, "one.txt"), "other\n"),
    { path: "arg-secret-behind/one.txt" },
    {
      lines: ["COPY arg-secret-behind /d", "ARG DEPLOY_TOKEN", "RUN test -n $DEPLOY_TOKEN", "RUN ls /d"],
      args: [{ DEPLOY_TOKEN: "first-token-value" }, { DEPLOY_TOKEN: "second-token-value" }],
    },
  ),
  {
    name: "arg-value",
    lines: ["ARG LEVEL=1", "RUN echo $LEVEL > /level", "RUN cat /level"],
    args: [{}, { LEVEL: "2" }],
    expected: [["RUN echo $LEVEL > /level", { kind: "arg", name: "LEVEL", before: "1", after: "2" }]],
  },
  {
    name: "arg-default",
    lines: ["ARG SIZE=1", "RUN echo $SIZE > /size"],
    edited: ["ARG SIZE=2", "RUN echo $SIZE > /size"],
    expected: [["ARG SIZE=2", { kind: "arg", name: "SIZE", before: "1", after: "2" }]],
  },
  {
    name: "arg-new",
    lines: ["ARG GIVEN", "RUN echo $GIVEN > /given"],
    args: [{}, { GIVEN: "yes" }],
    expected: [["RUN echo $GIVEN > /given", { kind: "arg", name: "GIVEN", before: null, after: "yes" }]],
  },
  {
    name: "arg-in-copy",
    lines: ["ARG WHICH=one", "COPY arg-in-copy/$WHICH.txt /d/"],
    files: { "one.txt": "one\n", "two.txt": "two\n" },
    args: [{}, { WHICH: "two" }],
    expected: [["COPY arg-in-copy/$WHICH.txt /d/", { kind: "arg", name: "WHICH", before: "one", after: "two" }]],
  },
  {
    name: "env-value",
    lines: ["ENV MODE=a LANG=C", "RUN echo $MODE > /mode"],
    edited: ["ENV MODE=b LANG=C", "RUN echo $MODE > /mode"],
    expected: [["ENV MODE=b LANG=C", { kind: "env", name: "MODE", before: "a", after: "b" }]],
  },
  {
    name: "env-of-arg",
    lines: ["ARG RELEASE=1", "ENV NAME=app-$RELEASE", "RUN echo $NAME > /name"],
    args: [{}, { RELEASE: "2" }],
    expected: [["RUN echo $NAME > /name", { kind: "arg", name: "RELEASE", before: "1", after: "2" }]],
  },
  {
    name: "env-secret",
    lines: ["ENV DB_PASSWORD=first-secret-value", "RUN true"],
    edited: ["ENV DB_PASSWORD=second-secret-value", "RUN true"],
    expected: [
      ["ENV DB_PASSWORD=second-secret-value", { kind: "env", name: "DB_PASSWORD", before: "***", after: "***" }],
    ],
  },
  {
    name: "run-text",
    lines: ["RUN echo one > /said", "RUN cat /said"],
    edited: ["RUN echo two > /said", "RUN cat /said"],
    expected: [
      ["RUN echo two > /said", { kind: "instruction", before: "RUN echo one > /said", after: "RUN echo two > /said" }],
    ],
  },
  {
    name: "run-blanks",
    lines: ["RUN echo  blanks"],
    edited: ["RUN echo blanks"],
    expected: [["RUN echo blanks", { kind: "instruction", notes: ["only its blanks are others"] }]],
  },
  {
    name: "inserted",
    lines: ["RUN echo first", "RUN echo last"],
    edited: ["RUN echo first", "RUN touch /between", "RUN echo last"],
    expected: [["RUN touch /between", { kind: "instruction", before: null, after: "RUN touch /between" }]],
  },
  {
    name: "gone",
    lines: ["RUN echo before", "RUN touch /gone", "RUN echo after"],
    edited: ["RUN echo before", "RUN echo after"],
    expected: [["RUN echo after", { kind: "instruction", before: "RUN touch /gone", after: null }]],
  },
  {
    name: "workdir",
    lines: ["WORKDIR /one", "RUN pwd"],
    edited: ["WORKDIR /two", "RUN pwd"],
    expected: [["WORKDIR /two", { kind: "instruction", before: "WORKDIR /one" }]],
  },
  {
    name: "label",
    lines: ["LABEL made=monday", "RUN true"],
    edited: ["LABEL made=tuesday", "RUN true"],
    expected: [["LABEL made=tuesday", { kind: "instruction", before: "LABEL made=monday" }]],
  },
  {
    name: "user",
    lines: ["USER 1", "RUN id"],
    edited: ["USER 2", "RUN id"],
    expected: [["USER 2", { kind: "instruction", before: "USER 1" }]],
  },
  {
    name: "comment",
    lines: ["# Said once.", "RUN echo comment"],
    edited: ["# Said otherwise.", "", "RUN echo comment"],
    expected: [],
  },
  {
    name: "chown-flag",
    lines: ["COPY chown-flag/one.txt /d/"],
    edited: ["COPY --chown=1:1 chown-flag/one.txt /d/"],
    files: { "one.txt": "one\n" },
    expected: [["COPY --chown=1:1 chown-flag/one.txt /d/", { kind: "instruction" }]],
  },
  {
    name: "two-causes",
    lines: ["ENV FLAVOUR=a", "COPY two-causes/one.txt /d/", "RUN ls /d"],
    edited: ["ENV FLAVOUR=b", "COPY two-causes/one.txt /d/", "RUN ls /d"],
    files: { "one.txt": "one\n" },
    change: at => overwrite(join(at, "one.txt"), "other\n"),
    expected: [
      ["ENV FLAVOUR=b", { kind: "env", name: "FLAVOUR" }],
      ["COPY two-causes/one.txt /d/", { kind: "file", path: "two-causes/one.txt" }],
    ],
  },
  {
    name: "copied",
    lines: ["COPY --from=content /d/sub /copied"],
    expected: [
      [
        "COPY --from=content /d/sub /copied",
        {
          kind: "stage",
          name: "content",
          path: "d/sub/two.txt",
          root: { kind: "file", path: "content/sub/two.txt" },
        },
      ],
    ],
    upstream: [
      [
        "COPY --from=content /d/sub /copied",
        { kind: "stage", name: "content", root: { kind: "file", path: "content/sub/two.txt" } },
      ],
    ],
  },
];

async function overwrite(file: string, text: string): Promise<void> {
  await writeFile(file, text);
}
