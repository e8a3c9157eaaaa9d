import { mkdir, symlink } from "node:fs/promises";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { anyDriver, busybox, type Family, Place, skipNote, whyNotAgain } from "../build/support.ts";
import { type Edit, edits } from "./edits.ts";

describe.each<Family>(["fork", "upstream"])("what an edit does to keys, with the executor of the %s", family => {
  const missing = whyNotAgain(anyDriver, family);
  const made = edits
    .filter(edit => (edit.only ?? family) === family && (edit.skip ?? "") === "")
    // Upstream gives every stage the arguments of those before it: what has none stands in front.
    .sort((a, b) => Number(hasArguments(a)) - Number(hasArguments(b)));
  let place: Place;
  let explanation: Explanation;

  beforeAll(async () => {
    if (missing !== "") return;
    place = await Place.create({ Dockerfile: dockerfile(made, "lines"), ".dockerignore": "shown/sub\n" });
    for (const { name, files = {} } of made) {
      await mkdir(place.path("context", name), { recursive: true });
      await place.write(Object.fromEntries(Object.entries(files).map(([file, text]) => [`${name}/${file}`, text])));
    }
    await symlink("a.txt", place.path("context/link/to"));
    await place.build({ family }, "--name", "before", ...buildArgs(made, 0));
    for (const { name, change } of made) await change?.(place.path("context", name));
    await place.write({ Dockerfile: dockerfile(made, "edited"), ".dockerignore": "hidden/sub\n" });
    await place.build({ family }, "--name", "after", ...buildArgs(made, 1));
    explanation = await place.json("explain", "after", "--against", "before");
  }, 300_000);
  afterAll(() => place?.remove());

  test.skipIf(missing).each(made)(`$name${skipNote(missing)}`, edit => {
    const expected = family === "upstream" ? (edit.upstream ?? edit.expected) : edit.expected;
    const steps = explanation.steps.filter(({ stage }) => stage.name === edit.name);
    const own = steps.filter(({ cause }) => cause !== null && cause.kind !== "earlier-step" && !isLeaked(cause));
    expect(own.map(({ text, cause }) => [text, cause])).toMatchObject(expected);
    const changed = steps.filter(({ sameKey }) => sameKey === false);
    expect(changed.every(({ result, cause }) => result === "hit" || cause !== null)).toBe(true);
    if (expected.length === 0) expect(changed).toEqual([]);
  });

  test.skipIf(missing)(
    `of a secret behind another change it is said once that it is not known${skipNote(missing)}`,
    () => {
      const notes = explanation.steps
        .filter(({ stage }) => stage.name === "arg-secret-behind")
        .map(({ text, cause }) => [text, (cause?.notes ?? []).filter(note => note.includes("DEPLOY_TOKEN"))] as const)
        .filter(([, told]) => told.length > 0);
      // Upstream gives a stage the arguments of those before it.
      const said =
        /^whether ARG (?:API_TOKEN, )?DEPLOY_TOKEN changed, too, is not known: (?:its value is|their values are) not recorded$/;
      expect(notes).toEqual([["RUN test -n $DEPLOY_TOKEN", [expect.stringMatching(said)]]]);
    },
  );

  test.skipIf(missing)(`no secret is told${skipNote(missing)}`, () => {
    const told = explanation.steps.map(({ cause, sentence }) => JSON.stringify([cause, sentence])).join();
    for (const value of ["first-token-value", "second-token-value", "first-secret-value", "second-secret-value"])
      expect(told).not.toContain(value);
  });
});

function hasArguments({ args, lines }: Edit): boolean {
  return args !== undefined || lines.some(line => line.startsWith("ARG"));
}

/** An argument that only an earlier stage declares. */
function isLeaked({ notes }: { readonly notes: readonly string[] }): boolean {
  return notes.includes("declared in a stage before, which counts for upstream");
}

interface Explanation {
  readonly steps: readonly {
    readonly text: string;
    readonly stage: { readonly name: string };
    readonly result: string;
    readonly sameKey: boolean | null;
    readonly sentence: string;
    readonly cause: { readonly kind: string; readonly notes: readonly string[] } | null;
  }[];
}

/** Each edit in a stage of its own; the last one copies of all of them what no edit touches, so that all are built. */
function dockerfile(made: readonly Edit[], which: "lines" | "edited"): string {
  const stages = made.map(edit => [`FROM ${busybox} AS ${edit.name}`, ...(edit[which] ?? edit.lines)].join("\n"));
  const copies = made.map(({ name }) => `COPY --from=${name} /etc/group /of/${name}`);
  return `${[...stages, `FROM ${busybox}`, ...copies].join("\n")}\n`;
}

function buildArgs(made: readonly Edit[], at: 0 | 1): string[] {
  return made.flatMap(({ args }) =>
    Object.entries(args?.[at] ?? {}).flatMap(([name, value]) => ["--build-arg", `${name}=${value}`]),
  );
}
