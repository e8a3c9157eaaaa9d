import { describe, expect, test } from "vitest";
import { idMapArguments, parseSubIds } from "../../../lib/executor/sandbox/sub-ids.ts";

const user = { name: "alice", uid: 1000 };

describe("subordinate ids", () => {
  test("are found by name and by number, in the order of the file", () => {
    const text = "bob:100000:65536\nalice:200000:65536\n\n# comment\n1000:300000:10\n";
    expect(parseSubIds(text, user)).toEqual([
      { start: 200000, count: 65536 },
      { start: 300000, count: 10 },
    ]);
  });

  test.each(["alice:x:65536", "alice:100000", "alice:100000:0", "alice:100000:-5", "alice:0:65536", "alice:1:2:3"])(
    "never come from the damaged line %s",
    line => {
      expect(parseSubIds(line, user)).toEqual([]);
    },
  );

  test("follow the user itself, without a gap", () => {
    const ranges = [
      { start: 100000, count: 1000 },
      { start: 500000, count: 64536 },
    ];
    const expected = ["0", "1000", "1", "1", "100000", "1000", "1001", "500000", "64536"];
    expect(idMapArguments(1000, ranges)).toEqual(expected);
  });
});
