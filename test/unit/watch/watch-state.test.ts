import { describe, expect, test } from "vitest";
import {
  nextOfWatch,
  startOfWatch,
  type WatchDeed,
  type WatchInput,
  type WatchState,
} from "../../../lib/watch/watch-state.ts";

const changed: WatchInput = { type: "changed" };
const same: WatchInput = { type: "predicted", needsBuild: false };
const other: WatchInput = { type: "predicted", needsBuild: true };
const broken: WatchInput = { type: "broken" };
const asked: WatchInput = { type: "asked" };
const ended: WatchInput = { type: "build-ended" };

/** What is done at the start and after each input. */
function deedsOf(choices: { wait?: boolean; restart?: boolean }, ...inputs: WatchInput[]): WatchDeed[][] {
  const first = startOfWatch({ wait: false, restart: false, ...choices });
  let state: WatchState = first.state;
  return [
    [...first.deeds],
    ...inputs.map(input => {
      const step = nextOfWatch(state, input);
      state = step.state;
      return [...step.deeds];
    }),
  ];
}

describe("what to do on which change", () => {
  test("the first build comes after the first prediction, also when nothing would change", () => {
    expect(deedsOf({}, same)).toEqual([["predict"], ["build"]]);
  });

  test("a change is predicted, and built only when it counts", () => {
    expect(deedsOf({}, same, ended, changed, same, changed, other)).toEqual([
      ["predict"],
      ["build"],
      [],
      ["predict"],
      [],
      ["predict"],
      ["build"],
    ]);
  });

  test("changes while it predicts are predicted once more, and no build begins with what is outdated", () => {
    expect(deedsOf({}, changed, changed, other, other)).toEqual([["predict"], [], [], ["predict"], ["build"]]);
  });

  test("a change during a build is built after it, compared with what that has made", () => {
    expect(deedsOf({}, same, changed, other, ended, other)).toEqual([
      ["predict"],
      ["build"],
      ["predict"],
      [],
      ["predict"],
      ["build"],
    ]);
  });

  test("a change during a build that does not count starts nothing", () => {
    expect(deedsOf({}, same, changed, same, ended)).toEqual([["predict"], ["build"], ["predict"], [], []]);
  });

  test("a build that ends while a change is being predicted: the next begins only then", () => {
    expect(deedsOf({}, same, changed, ended, other)).toEqual([["predict"], ["build"], ["predict"], [], ["build"]]);
  });

  test("restart cancels the build that runs, once it is known that the change counts", () => {
    expect(deedsOf({ restart: true }, same, changed, same, changed, other, ended, other)).toEqual([
      ["predict"],
      ["build"],
      ["predict"],
      [],
      ["predict"],
      ["cancel"],
      ["predict"],
      ["build"],
    ]);
  });

  test("with wait nothing is built unless it is asked for", () => {
    expect(deedsOf({ wait: true }, other, changed, other, asked, ended)).toEqual([
      ["predict"],
      [],
      ["predict"],
      [],
      ["build"],
      [],
    ]);
  });

  test("asked for during a prediction or a build it comes after that, once", () => {
    expect(deedsOf({ wait: true }, asked, same, asked, asked, ended, same, ended)).toEqual([
      ["predict"],
      [],
      ["build"],
      [],
      [],
      ["predict"],
      ["build"],
      [],
    ]);
  });

  test("what is broken is not built, not even when asked, and goes on when it is mended", () => {
    expect(deedsOf({}, broken, asked, changed, other)).toEqual([["predict"], [], [], ["predict"], ["build"]]);
  });

  test("broken for a moment during a build: the build runs on, and the same again needs no other", () => {
    expect(deedsOf({}, same, changed, broken, changed, same, ended)).toEqual([
      ["predict"],
      ["build"],
      ["predict"],
      [],
      ["predict"],
      [],
      [],
    ]);
  });

  test("with wait and restart a change never cancels", () => {
    expect(deedsOf({ wait: true, restart: true }, same, asked, changed, other).at(-1)).toEqual([]);
  });
});
