import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { program } from "../../support/built-program.ts";

function run(...args: string[]) {
  const { status, stdout, stderr } = spawnSync(process.execPath, [program, ...args], { encoding: "utf8" });
  return { status, stdout, stderr };
}

describe("a command line that cannot be understood ends with 2, says what and how", () => {
  const cases: [string, message: string, hint: string | null][] = [
    ["bild ctx", `there is no command "bild" (did you mean build?)`, "kaniko-lab --help lists the commands"],
    ["zzz", `there is no command "zzz"`, "kaniko-lab --help lists the commands"],
    ["--hlep", "there is no option --hlep (did you mean --help?)", "kaniko-lab --help lists the commands"],
    [
      "latest",
      `there is no command "latest"`,
      "to look at a build or an image: kaniko-lab tui latest, kaniko-lab steps latest",
    ],
    [
      "build . --drivr docker",
      "build has no option --drivr (did you mean --driver?)",
      "kaniko-lab build --help; flags of Kaniko itself go behind --",
    ],
    ["diff -z", "diff has no option -z", "kaniko-lab diff --help"],
    ["steps latest more", `steps does not know what to do with "more"`, "kaniko-lab steps --help"],
    [
      "build --driver podman",
      `--driver is one of "auto", "docker", "sandbox", "kubernetes", "replay", not "podman"`,
      "kaniko-lab build --help",
    ],
    ["search", "search needs <text>", "kaniko-lab search --help"],
    ["cat latest", "cat needs <target> and <path>", "kaniko-lab cat --help"],
    ["cat /etc/a", "cat needs <target> and <path>", "for a path in the latest build: kaniko-lab cat latest /etc/a"],
    ["history /a", "history needs <target> and <path>", "for a path in the latest build: kaniko-lab history latest /a"],
    ["extract latest /etc", "extract needs --to", "kaniko-lab extract --help"],
    ["ls --step", "--step needs a value", "kaniko-lab ls --help"],
    ["ls --step three", "--step takes a number", null],
    ["ls --step 1 --step 2", "--step is given 2 times, but takes one value", null],
    ["ls --step 1 --stage a", "--step and --stage exclude each other", "kaniko-lab ls --help"],
    ["search x --glob --regex", "--glob and --regex exclude each other", "kaniko-lab search --help"],
  ];
  for (const [line, message, hint] of cases) {
    test(line, () => {
      const wanted = `error: ${message}\n${hint === null ? "" : `hint: ${hint}\n`}`;
      expect(run(...line.split(" "))).toEqual({ status: 2, stdout: "", stderr: wanted });
      const inJson = run(...line.split(" "), "--json");
      expect(inJson).toMatchObject({ status: 2, stdout: "" });
      expect(JSON.parse(inJson.stderr)).toEqual({ schemaVersion: 1, error: { code: "usage", message, hint } });
    });
  }
});

test("the version, and nothing else", () => {
  for (const flag of ["--version", "-V"])
    expect(run(flag)).toMatchObject({ status: 0, stdout: expect.stringMatching(/^\d+\.\d+\.\d+\n$/) });
});
