import { existsSync, readFileSync } from "node:fs";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Place } from "../build/support.ts";

// Every context below a folder as one Workflow, by the program itself; cluster/argo.test.ts runs such a one.

let place: Place;
beforeEach(async () => {
  place = await Place.create({
    "base/Dockerfile": "FROM scratch\nCOPY Dockerfile /\n",
    "api/dockerfile": "FROM registry.example/team/base:1\nCOPY dockerfile /\n",
    "tools/lint.Dockerfile": "FROM registry.example/team/api:1\nARG API_TOKEN\nRUN true\n",
    "tools/kaniko-lab.yaml": "buildArgs: { API_TOKEN: hunter2hunter2 }\n",
  });
});
afterEach(() => place.remove());

const destination = "registry.example/team/{name}:1";

function all({ as = "argo", to = destination, from = "pvc:files" } = {}): string[] {
  return [
    ...["render", "context", "--all", "--as", as, "--destination", to, "--context-from", from],
    ...["--jobs", "2", "--registry-secret", "kaniko-json"],
  ];
}

test("written in the order of their bases, the same bytes each time, read again by from", async () => {
  const [once, twice] = await Promise.all(["a.yaml", "b.yaml"].map(file => place.run([...all(), "-o", file])));
  expect(once?.stderr).toContain("written");
  expect(twice?.status).toBe(0);
  const text = readFileSync(place.path("a.yaml"), "utf8");
  expect(readFileSync(place.path("b.yaml"), "utf8")).toBe(text);
  expect(text).not.toContain("hunter2");
  expect(text).not.toContain(place.root);
  const { builds } = await place.json("from", "a.yaml", "--list");
  expect(builds.map(({ origin }: { origin: { job: string } }) => origin.job)).toEqual(["api", "base", "tools-lint"]);
});

test("what cannot be one file is refused, and names the context", async () => {
  const pod = await place.run(all({ as: "pod" }));
  expect(pod).toMatchObject({ status: 2, stderr: expect.stringContaining("only a Workflow of Argo") });
  const shared = await place.run(all({ to: "registry.example/all:1" }));
  expect(shared).toMatchObject({ status: 2, stderr: expect.stringContaining("{name}") });
  await place.write({ "odd/Dockerfile": "FRUM scratch\n" });
  const odd = await place.run(all());
  expect(odd).toMatchObject({ status: 2, stderr: expect.stringMatching(/error: odd: .*FRUM/) });
  expect(existsSync(place.path("cache", "builds"))).toBe(false);
});
