/** GitLab CI: jobs whose script calls the executor. */

import { LabError } from "../error.ts";
import type { CiBuild } from "./ci-build.ts";
import type { Reading } from "./container.ts";
import { type GitlabJob, gitlabJobs, hasIncludes } from "./gitlab-config.ts";
import { runsOfScript } from "./kaniko-command.ts";
import type { YamlDocument } from "./yaml-file.ts";

/** Where the runner has the checkout. */
const projectFolder = "/builds/project";

/** Variables in variables can double with every line. */
const maxLength = 1 << 16;

export function readGitlab(document: YamlDocument, reading: Reading): CiBuild[] {
  const includes = hasIncludes(document) ? ["the file includes others, which are not read"] : [];
  return gitlabJobs(document).flatMap(job =>
    job.matrix.flatMap(matrix => {
      const name = matrix.size === 0 ? job.name : `${job.name}: [${[...matrix.values()].join(", ")}]`;
      const env = environmentOf(job, matrix, document, reading);
      const image = job.image === null ? null : expand(job.image, env, job.line, reading);
      const runs = runsOfScript(job.script.map(({ text }) => text).join("\n"), {
        file: reading.file,
        unknowns: reading.unknowns,
        line: job.line,
        lines: job.script.map(({ line }) => line),
        env,
        workingFolder: env.get("CI_PROJECT_DIR") ?? projectFolder,
        outside: variable => reading.given.value(variable),
      });
      const needs = job.needs.length === 0 ? [] : [`takes what other jobs made: ${job.needs.join(", ")}`];
      return runs.map(
        (run): CiBuild => ({
          origin: {
            file: reading.file,
            format: "gitlab",
            kind: "job",
            name: "",
            job: name,
            template: null,
            line: run.line,
          },
          image: run.image ?? image,
          args: run.args,
          env: run.env,
          workingFolder: run.workingFolder,
          mounts: run.mounts,
          references: run.references,
          notes: [...includes, ...needs, ...run.notes],
        }),
      );
    }),
  );
}

/** What the runner sets, and what the file sets over it; a value that the user gives wins. */
function environmentOf(
  job: GitlabJob,
  matrix: ReadonlyMap<string, string>,
  document: YamlDocument,
  reading: Reading,
): Map<string, string> {
  const raw = new Map([
    ...[
      ["CI", "true"],
      ["GITLAB_CI", "true"],
      ["CI_SERVER", "yes"],
      ["CI_BUILDS_DIR", "/builds"],
      ["CI_PROJECT_DIR", projectFolder],
      ["CI_JOB_NAME", job.name],
      ["CI_JOB_STAGE", job.stage],
    ].map(([name, value]) => [name, value] as [string, string]),
    ...job.variables,
    ...matrix,
  ]);
  const done = new Map<string, string>();
  const variableValue = (name: string, above: readonly string[]): string | undefined => {
    const given = reading.given.value(name);
    if (given !== undefined || !raw.has(name)) return given;
    const known = done.get(name);
    if (known !== undefined) return known;
    // A variable in its own value stands for nothing.
    if (above.includes(name)) return "";
    const line = document.lineOf(
      document.at(["variables", name]) === undefined ? [job.name, "variables", name] : ["variables", name],
    );
    const value = expandNames(raw.get(name) as string, line, reading, each => variableValue(each, [...above, name]));
    done.set(name, value);
    return value;
  };
  return new Map([...raw.keys()].map(name => [name, variableValue(name, []) ?? ""]));
}

function expand(value: string, env: ReadonlyMap<string, string>, line: number, reading: Reading): string {
  return expandNames(value, line, reading, name => env.get(name) ?? reading.given.value(name));
}

/** GitLab's own expansion: `$NAME`, `${NAME}`, `$$`; nothing else. */
function expandNames(
  value: string,
  line: number,
  reading: Reading,
  variableValue: (name: string) => string | undefined,
): string {
  const filled = value.replace(/\$(?:\$|([A-Za-z_]\w*)|\{([A-Za-z_]\w*)\})/g, (_, plain?: string, braced?: string) => {
    const name = plain ?? braced;
    if (name === undefined) return "$";
    return variableValue(name) ?? reading.unknowns.mark({ name: `$${name}`, line, give: `--param ${name}=VALUE` });
  });
  if (filled.length <= maxLength) return filled;
  throw new LabError("too-large", `${reading.file}:${line}: a variable becomes too long`);
}
