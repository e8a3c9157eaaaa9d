import { expect, test } from "vitest";
import { SharedWork } from "../../../lib/lab/shared-work.ts";

interface Begun {
  readonly signal: AbortSignal;
  readonly report: (done: number) => void;
  readonly end: (result: string) => void;
  readonly fail: (error: Error) => void;
}

/** Work that ends when the test says so. */
function work(): {
  readonly begun: Begun[];
  readonly start: Parameters<SharedWork<string, [number], string>["wait"]>[2];
} {
  const begun: Begun[] = [];
  return {
    begun,
    start: (signal, report) => new Promise((end, fail) => begun.push({ signal, report, end, fail })),
  };
}

const shared = new SharedWork<string, [number], string>();

test("one goes, the other gets the result of the same work", async () => {
  const { begun, start } = work();
  const first = new AbortController();
  const one = shared.wait("key", { signal: first.signal }, start);
  const two = shared.wait("key", { signal: new AbortController().signal }, start);
  const three = shared.wait("key", {}, start);
  expect(begun).toHaveLength(1);
  first.abort();
  await expect(one).rejects.toMatchObject({ code: "cancelled" });
  expect(begun[0]?.signal.aborted).toBe(false);
  begun[0]?.end("result");
  expect(await Promise.all([two, three])).toEqual(["result", "result"]);
  expect(begun[0]?.signal.aborted).toBe(false);
});

test("when the last has gone the work stops, and who comes then begins anew", async () => {
  const { begun, start } = work();
  const stop = new AbortController();
  const waiting = [
    shared.wait("key", { signal: stop.signal }, start),
    shared.wait("key", { signal: stop.signal }, start),
  ];
  stop.abort();
  for (const result of await Promise.allSettled(waiting)) expect(result.status).toBe("rejected");
  expect(begun[0]?.signal.aborted).toBe(true);
  const late = shared.wait("key", {}, start);
  expect(begun).toHaveLength(2);
  // The first one's end says nothing about the second.
  begun[0]?.fail(new Error("stopped"));
  begun[1]?.end("anew");
  expect(await late).toBe("anew");
});

test("all are told how far it is; a failure reaches all and is not remembered", async () => {
  const { begun, start } = work();
  const told: string[] = [];
  const waiting = ["a", "b"].map(name =>
    shared.wait("key", { onProgress: done => told.push(`${name}${done}`) }, start),
  );
  begun[0]?.report(5);
  expect(told).toEqual(["a5", "b5"]);
  begun[0]?.fail(new Error("broken"));
  for (const result of await Promise.allSettled(waiting))
    expect(result).toMatchObject({ reason: { message: "broken" } });
  const again = shared.wait("key", {}, start);
  begun[1]?.end("fine");
  expect(await again).toBe("fine");
});

test("who has gone before begins nothing; other keys are other work", async () => {
  const { begun, start } = work();
  await expect(shared.wait("key", { signal: AbortSignal.abort() }, start)).rejects.toMatchObject({ code: "cancelled" });
  expect(begun).toHaveLength(0);
  const both = [shared.wait("one", {}, start), shared.wait("two", {}, start)];
  expect(begun).toHaveLength(2);
  begun[1]?.end("2");
  begun[0]?.end("1");
  expect(await Promise.all(both)).toEqual(["1", "2"]);
});
