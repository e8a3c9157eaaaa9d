import { describe, expect, test } from "vitest";
import type { OptionInfo } from "../../../cli/command.ts";
import { type CompletionFacts, completeWords } from "../../../cli/completion/complete-words.ts";

const option = (name: string, more: Partial<OptionInfo> = {}): OptionInfo => ({
  name,
  aliases: [],
  describe: "",
  takesValue: true,
  isRepeatable: false,
  isOn: false,
  choices: [],
  ...more,
});

const facts: CompletionFacts = {
  commands: [
    { name: "steps", positionals: ["[target]"], describe: "" },
    { name: "ls", positionals: ["[target]", "[path]"], describe: "" },
    { name: "export", positionals: ["<builds..>"], describe: "" },
    { name: "build", positionals: ["[context]"], describe: "" },
    { name: "cache", positionals: ["<command>"], describe: "" },
  ],
  commandsOf: async name => (name === "cache" ? [{ name: "ls", positionals: [], describe: "" }] : []),
  optionsOf: async line =>
    line === "cache ls"
      ? [option("unused", { takesValue: false })]
      : [
          option("driver", { choices: ["docker", "sandbox"] }),
          option("dockerfile", { aliases: ["f"] }),
          option("mouse", { takesValue: false, isOn: true }),
          option("step"),
          option("stage"),
          option("cache-dir"),
          option("build-arg"),
        ],
  builds: async () => [
    { value: "latest", describe: "" },
    { value: "nightly", describe: "" },
  ],
  steps: async build => [{ value: build === "nightly" ? "7" : "1", describe: "" }],
  stages: async () => [{ value: "words", describe: "" }],
};

async function values(...words: string[]): Promise<string[]> {
  const { candidates, own } = await completeWords(words, facts);
  return [...candidates.map(({ value }) => value), ...(own === "none" ? [] : [`:${own}`])];
}

describe("completeWords", () => {
  test("commands, and those behind another one", async () => {
    expect(await values("")).toEqual(["steps", "ls", "export", "build", "cache"]);
    expect(await values("s")).toEqual(["steps"]);
    expect(await values("help", "b")).toEqual(["build"]);
    expect(await values("cache", "")).toEqual(["ls"]);
    expect(await values("cache", "ls", "--")).toEqual(["--unused", "--help"]);
    expect(await values("nonsense", "")).toEqual([]);
  });

  test("options and their values", async () => {
    expect(await values("build", "--d")).toEqual(["--driver", "--dockerfile"]);
    expect(await values("build", "--no")).toEqual(["--no-mouse"]);
    expect(await values("build", "--driver", "s")).toEqual(["sandbox"]);
    expect(await values("build", "-f", "")).toEqual([":files"]);
    expect(await values("build", "--cache-dir", "")).toEqual([":folders"]);
    expect(await values("build", "--build-arg", "")).toEqual([]);
    expect(await values("build", "--driver=docker", "")).toEqual([":folders"]);
    expect(await values("build", ".", "--", "--")).toEqual([]);
  });

  test("builds, and steps of the one that is named", async () => {
    expect(await values("steps", "n")).toEqual(["nightly", ":files"]);
    expect(await values("steps", "docker:")).toEqual(["docker://", ":files"]);
    expect(await values("export", "latest", "")).toEqual(["latest", "nightly"]);
    expect(await values("ls", "nightly", "--step", "")).toEqual(["7"]);
    expect(await values("ls", "--step", "")).toEqual(["1"]);
    expect(await values("ls", "nightly", "--stage", "w")).toEqual(["words"]);
    expect(await values("steps", "latest", "")).toEqual([]);
  });
});
