import { expect, test } from "vitest";
import { parseDockerfile } from "../../../lib/dockerfile/parse.ts";
import { planSteps } from "../../../lib/dockerfile/plan.ts";
import { resolveStages } from "../../../lib/dockerfile/resolve.ts";

test("FROM and every instruction of every stage, numbered through", () => {
  const text = [
    "ARG BASE=img",
    "FROM $BASE AS Build",
    "MAINTAINER me",
    "RUN one && \\",
    "  # why",
    "  two",
    "FROM img AS unused",
    "RUN <<EOF",
    "three",
    "EOF",
    "from scratch",
    "copy --from=build a b",
  ].join("\n");
  const steps = planSteps(resolveStages(parseDockerfile(text), { target: null, buildArgs: {} }));
  expect(steps).toEqual([
    {
      number: 1,
      stage: { index: 0, name: "build" },
      line: 2,
      endLine: 2,
      instruction: "FROM",
      text: "FROM $BASE AS Build",
    },
    {
      number: 2,
      stage: { index: 0, name: "build" },
      line: 3,
      endLine: 3,
      instruction: "MAINTAINER",
      text: "MAINTAINER me",
    },
    {
      number: 3,
      stage: { index: 0, name: "build" },
      line: 4,
      endLine: 6,
      instruction: "RUN",
      text: "RUN one &&   two",
    },
    {
      number: 4,
      stage: { index: 1, name: "unused" },
      line: 7,
      endLine: 7,
      instruction: "FROM",
      text: "FROM img AS unused",
    },
    { number: 5, stage: { index: 1, name: "unused" }, line: 8, endLine: 10, instruction: "RUN", text: "RUN <<EOF" },
    { number: 6, stage: { index: 2, name: "" }, line: 11, endLine: 11, instruction: "FROM", text: "from scratch" },
    {
      number: 7,
      stage: { index: 2, name: "" },
      line: 12,
      endLine: 12,
      instruction: "COPY",
      text: "copy --from=build a b",
    },
  ]);
});
