import { expect, test } from "vitest";
import type { Step } from "../../../lib/model/build.ts";
import type { ImageConfig } from "../../../lib/model/image.ts";
import { environmentAt } from "../../../lib/shell/step-environment.ts";

function stepsOf(...texts: string[]): Step[] {
  let stage = -1;
  return texts.map((text, at) => {
    const instruction = text.split(" ")[0] as string;
    if (instruction === "FROM") stage += 1;
    return {
      ...{ number: at + 1, stage: { index: stage, name: "" }, instruction, text, status: "executed", layer: null },
      ...{ baseLayers: [], baseStage: text === "FROM below" ? stage - 1 : null },
    } as unknown as Step;
  });
}

const config = { env: ["PATH=/bin", "A=1", "B=2", "C=3"], workingDir: "/app/in" } as unknown as ImageConfig;

test("the last step has what the image's config says", () => {
  const steps = stepsOf("FROM base", "ENV A=1", "WORKDIR /app", "WORKDIR in", "ENV B=2 C=3");
  expect(environmentAt(steps, steps[4] as Step, config)).toEqual({ env: config.env, workingFolder: "/app/in" });
});

test("what is set later is not there yet", () => {
  const steps = stepsOf("FROM base", "ENV A=1", "WORKDIR /app", "WORKDIR in", "ENV B=2 C=3", "ENV C 4");
  expect(environmentAt(steps, steps[2] as Step, config)).toEqual({ env: ["PATH=/bin", "A=1"], workingFolder: "/app" });
});

test("of another stage only the Dockerfile tells", () => {
  const steps = stepsOf("FROM base", "ENV A=1", 'WORKDIR "/src"', "FROM below", "WORKDIR sub", "FROM base");
  expect(environmentAt(steps, steps[4] as Step, config)).toEqual({
    env: ["A=1"],
    workingFolder: "/src/sub",
  });
  expect(environmentAt(steps, steps[1] as Step, null)).toEqual({ env: ["A=1"], workingFolder: "/" });
});

test("a value that is more than plain text is not guessed", () => {
  const steps = stepsOf("FROM base", 'ENV A="x y" B=$A C=plain', "ENV D plain words", "FROM other");
  expect(environmentAt(steps, steps[2] as Step, config).env).toEqual(["C=plain", "D=plain words"]);
});
