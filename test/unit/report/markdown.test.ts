import { describe, expect, test } from "vitest";
import { codeText, fencedBlock, markdownTable, plainText } from "../../../cli/report/markdown-text.ts";

describe("text from outside in Markdown", () => {
  test("code cannot be ended, nor a cell of a table", () => {
    expect(codeText("a | b")).toBe("`a \\| b`");
    expect(codeText("a ` b `` c")).toBe("```a ` b `` c```");
    expect(codeText("`x`")).toBe("`` `x` ``");
    expect(codeText("one\ntwo\x1b[31m\u202e")).toBe("`one\\ntwo\\x1b[31m\\u{202e}`");
    expect(codeText("")).toBe("");
  });

  test("a sentence formats nothing, links nothing, calls nobody", () => {
    expect(plainText("<img src=x> *bold* [a](b) @team #12")).toBe(
      "&lt;img src=x&gt; \\*bold\\* \\[a\\](b) @<!-- -->team \\#12",
    );
    expect(plainText("http://evil.example www.evil.example")).toBe(
      "http:<!-- -->//evil.example www<!-- -->.evil.example",
    );
  });

  test("long texts are cut", () => {
    expect(codeText("x".repeat(1000)).length).toBeLessThan(200);
  });

  test("a block is not ended by what is in it", () => {
    expect(fencedBlock("diff", "+```\n+x")).toBe("````diff\n+```\n+x\n````");
  });

  test("a table says how much more there is", () => {
    expect(markdownTable(["A"], [["1"], ["2"], ["3"]], 2)).toBe("| A |\n| --- |\n| 1 |\n| 2 |\n\nand 1 more");
  });
});
