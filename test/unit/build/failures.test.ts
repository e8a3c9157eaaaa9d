import { expect, test } from "vitest";
import { failureMessage } from "../../../lib/build/failure-message.ts";

test("what Kaniko wraps around a failure is taken off", () => {
  const cases = {
    "error building stage: failed to execute command: waiting for process to exit: exit status 7":
      "the command ended with exit status 7",
    "waiting for process to exit: signal: killed": "the command ended with signal: killed",
    "unable to complete operation after 0 attempts, last error: GET http://r/v2/: UNAUTHORIZED":
      "GET http://r/v2/: UNAUTHORIZED",
    "error building stage: failed to optimize instructions: failed to get files used from context: x":
      "failed to get files used from context: x",
    "something new": "something new",
    "": "",
  };
  for (const [said, message] of Object.entries(cases)) expect(failureMessage(said)).toBe(message);
});
