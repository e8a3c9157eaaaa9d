import fc from "fast-check";
import { expect, test } from "vitest";
import { alignSteps, type StepPair } from "../../../lib/compare/align-steps.ts";
import type { Step } from "../../../lib/model/build.ts";
import { step } from "../build/sample-steps.ts";

/** `stage: instruction`, numbered in order. */
function stepsOf(...lines: readonly string[]): Step[] {
  return lines.map((line, at) => {
    const [, stage = "", text = ""] = /^(?:(\w+): )?(.*)$/s.exec(line) ?? [];
    return step(at + 1, text, { stage: { index: 0, name: stage } });
  });
}

function numbers(pairs: readonly StepPair[]): string[] {
  return pairs.map(({ one, other }) => `${one?.number ?? "-"} ${other?.number ?? "-"}`);
}

function aligned(one: readonly string[], other: readonly string[]): string[] {
  return numbers(alignSteps(stepsOf(...one), stepsOf(...other), { ignoreStages: false }));
}

test("an inserted and a removed instruction move the others, which stay pairs", () => {
  const before = ["FROM a", "WORKDIR /app", "COPY . .", "RUN make"];
  const after = ["FROM a", "RUN apk add git", "WORKDIR /app", "RUN make"];
  expect(aligned(before, after)).toEqual(["1 1", "- 2", "2 3", "3 -", "4 4"]);
});

test("an edited instruction is the pair of the one that it reads like, not of the next one", () => {
  const before = ["FROM a", "RUN apt-get update && apt-get install -y curl", "CMD run"];
  const after = ["FROM a", "RUN echo something else", "RUN apt-get update && apt-get install -y curl git", "CMD run"];
  expect(aligned(before, after)).toEqual(["1 1", "- 2", "2 3", "3 4"]);
});

test("instructions of which one counts are edits of each other, however different they read", () => {
  const before = ["FROM debian:bookworm", "USER root", 'CMD ["sh"]', "COPY a /a"];
  const after = ["FROM alpine:3", "USER 1000", 'CMD ["/usr/bin/server"]', "RUN true"];
  expect(aligned(before, after)).toEqual(["1 1", "2 2", "3 3", "4 -", "- 4"]);
});

test("blanks do not count; the same instruction of another stage does not stand in the way", () => {
  expect(aligned(["FROM a", "RUN  make \t all"], ["FROM a", "RUN make all"])).toEqual(["1 1", "2 2"]);
  const before = ["build: FROM a", "build: WORKDIR /app", "run: FROM a", "run: WORKDIR /app"];
  expect(aligned(before, ["run: FROM a", "run: WORKDIR /app"])).toEqual(["1 -", "2 -", "3 1", "4 2"]);
});

test("a stage that got another name keeps its steps", () => {
  const before = ["build: FROM a AS build", "build: RUN make all", "FROM a", "COPY --from=build /x /x"];
  const after = ["maker: FROM a AS maker", "maker: RUN make all", "FROM a", "COPY --from=maker /x /x"];
  expect(aligned(before, after)).toEqual(["1 1", "2 2", "3 3", "4 4"]);
});

test("beside an image's history names of stages count for nothing", () => {
  const build = stepsOf("run: COPY a /a", "run: RUN make");
  const history = stepsOf("ADD rootfs /", "COPY a /a", "RUN make");
  expect(numbers(alignSteps(build, history, { ignoreStages: true }))).toEqual(["- 1", "1 2", "2 3"]);
});

const instructions = fc.array(
  fc.constantFrom("RUN a", "RUN b", "RUN a b c", "RUN a b d", "COPY x /x", "COPY y /x", "USER 1", "USER 2"),
  { maxLength: 12 },
);

test("every step of both occurs once, in order, whatever they are", () => {
  fc.assert(
    fc.property(instructions, instructions, (before, after) => {
      const [one, other] = [stepsOf(...before), stepsOf(...after)];
      const pairs = alignSteps(one, other, { ignoreStages: false });
      expect(pairs.flatMap(pair => pair.one ?? [])).toEqual(one);
      expect(pairs.flatMap(pair => pair.other ?? [])).toEqual(other);
      for (const pair of pairs) if (pair.one && pair.other) expect(pair.one.instruction).toBe(pair.other.instruction);
    }),
  );
});

test("thousands of steps that are all different end in bounded time, each of them its own", () => {
  const many = (word: string) => Array.from({ length: 5000 }, (_, at) => `RUN ${word}${at}`);
  const pairs = alignSteps(stepsOf(...many("a")), stepsOf(...many("b")), { ignoreStages: false });
  expect(pairs).toHaveLength(10_000);
});
