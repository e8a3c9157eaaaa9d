import fc from "fast-check";
import { expect, test } from "vitest";
import { LogRing } from "../../../cli/tui/live/log-ring.ts";

test("keeps the newest lines of all steps together, in their order", () => {
  const pushes = fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 200 });
  fc.assert(
    fc.property(pushes, fc.integer({ min: 1, max: 40 }), (steps, capacity) => {
      const ring = new LogRing(capacity);
      for (const [at, step] of steps.entries()) ring.push(step, `line ${at}`);
      const kept = steps.map((step, at) => ({ step, text: `line ${at}` })).slice(-capacity);
      for (const step of [1, 2, 3]) {
        const expected = kept.filter(line => line.step === step).map(({ text }) => text);
        expect(ring.slice(step, 0, ring.count(step))).toEqual(expected);
        expect(ring.dropped(step)).toBe(steps.filter(other => other === step).length - expected.length);
      }
      expect(ring.size).toBe(kept.length);
    }),
  );
});

test("cuts endless lines", () => {
  const ring = new LogRing();
  ring.push(1, "x".repeat(1_000_000));
  expect(ring.slice(1, 0, 1)[0]?.length).toBeLessThan(5000);
});
