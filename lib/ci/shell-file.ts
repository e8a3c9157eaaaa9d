/** A shell script, or a command line in a file. */

import type { CiBuild } from "./ci-build.ts";
import type { Reading } from "./container.ts";
import { runsOfScript } from "./kaniko-command.ts";

export function readShellFile(content: string, reading: Reading): CiBuild[] {
  const { file, unknowns, given } = reading;
  const runs = runsOfScript(content, {
    file,
    unknowns,
    line: 1,
    env: new Map(),
    workingFolder: "/",
    outside: name => given.value(name),
  });
  return runs.map(run => ({
    origin: {
      file,
      format: "shell",
      kind: "script",
      name: "",
      job: `line ${run.line}`,
      template: null,
      line: run.line,
    },
    image: run.image,
    args: run.args,
    env: run.env,
    workingFolder: run.workingFolder,
    mounts: run.mounts,
    references: run.references,
    notes: run.notes,
  }));
}
