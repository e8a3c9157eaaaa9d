/** What can be asked of a build, and what each question needs to be told. */

/** Name → what it needs, and what its value is, for those who write lessons. */
export const measureTable = {
  layers: { needs: [], value: "number of layers that the image has beside those of its base" },
  "base-layers": { needs: [], value: "number of layers that the image has from its base" },
  "empty-layers": { needs: [], value: "number of its own layers without any entry" },
  "layer-bytes": { needs: [], value: "bytes of its own layers, as they are stored" },
  path: { needs: ["path"], value: "file, dir, symlink … as it is in the image, or missing" },
  mode: { needs: ["path"], value: "such as 0755, or missing" },
  owner: { needs: ["path"], value: "such as 0:0, or missing" },
  stored: { needs: ["path"], value: "number of the image's own layers that hold the path, deleted or not" },
  whiteouts: { needs: ["path"], value: "number of the image's own layers that delete the path" },
  "text-stored": { needs: ["text"], value: "number of files, in all its own layers, with that text in them" },
  stages: { needs: [], value: "number of stages that were built" },
  step: { needs: ["step"], value: "the number of the step" },
  result: { needs: ["step"], value: "what the layer cache said: hit, miss, skipped, off" },
  added: { needs: ["step"], value: "number of paths that the step added" },
  modified: { needs: ["step"], value: "number of paths that the step modified" },
  deleted: { needs: ["step"], value: "number of paths that the step deleted" },
  key: { needs: ["step"], value: "same or other: the step's cache key against the build before" },
  layer: { needs: ["step"], value: "same or other: the step's layer against the build before" },
  cause: {
    needs: ["step"],
    value: "what explain names for it, such as `arg VERSION`, `file app.sh`, `instruction`, or none",
  },
  hits: { needs: [], value: "number of steps that were taken from the layer cache" },
  image: { needs: [], value: "same or other: the image's digest against the build before" },
  sent: { needs: ["path"], value: "of a path of the context: used, unused, or no (ignored, or not there)" },
  "sent-files": { needs: [], value: "number of files of the context that ignore files let through" },
  flag: { needs: ["name"], value: "the value of a flag of the executor, on for one without, or unset" },
  driver: { needs: [], value: "docker, sandbox or kubernetes" },
  "log-lines": { needs: ["text"], value: "number of lines with that text in the executor's log" },
} as const satisfies Record<string, { readonly needs: readonly ("path" | "text" | "name" | "step")[]; value: string }>;

export type MeasureName = keyof typeof measureTable;

export const measureNames = Object.keys(measureTable) as readonly MeasureName[];

type Parameters = { readonly measure: MeasureName } & Partial<
  Record<"path" | "text" | "name" | "step", string | undefined>
>;

/** What a question lacks, or null. */
export function missingFor(question: Parameters): string | null {
  return measureTable[question.measure].needs.find(need => question[need] === undefined) ?? null;
}

/** What a question was told for nothing, or null. */
export function unusedFor(question: Parameters): string | null {
  const needs: readonly string[] = measureTable[question.measure].needs;
  const given = (["path", "text", "name", "step"] as const).filter(name => question[name] !== undefined);
  return given.find(name => !needs.includes(name)) ?? null;
}
