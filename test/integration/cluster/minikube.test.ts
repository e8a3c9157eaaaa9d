import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { rm } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { mountFlags } from "../../../lib/cluster/lab-folders.ts";
import { hasProgram, skipNote } from "../build/support.ts";
import { Place, programs, statesOf } from "./support.ts";

const own = join(programs, "minikube");
const program = existsSync(own) ? own : "minikube";
const missing = hasProgram("minikube") || existsSync(own) ? "" : "no minikube, nor in ~/.cache/kaniko-lab-test";

/** As far as it goes without a node: whose language it speaks, and what it says of a profile. */
describe.skipIf(missing)(`minikube's own program${skipNote(missing)}`, () => {
  let place: Place;
  const cluster = (...args: string[]) =>
    place.run(["cluster", ...args, "--name", "none-such"], {
      env: {
        ...{ PATH: `${programs}:${process.env.PATH}`, MINIKUBE_HOME: place.path("minikube") },
        ...{ MINIKUBE_DRIVER: "none-such", LANG: "de_DE.UTF-8", LC_ALL: "", LANGUAGE: "de" },
      },
    });
  beforeAll(async () => {
    place = await Place.create({ Dockerfile: "FROM scratch\n" });
  });
  afterAll(() => rm(place.root, { recursive: true }));

  test("a profile that is not there is missing", async () => {
    const { status, stdout } = await cluster("status", "minikube", "--json");
    expect(statesOf(stdout)).toEqual({ cluster: "missing" });
    expect(status).toBe(1);
  });

  test("it takes the flags of the mounts", () => {
    const env = { ...process.env, MINIKUBE_HOME: place.path("minikube"), LANGUAGE: "", LC_ALL: "C.UTF-8" };
    // A flag that it does not know is told before the path that is none.
    const { stderr } = spawnSync(program, ["mount", ...mountFlags, "no-mount"], { env, encoding: "utf8" });
    expect(stderr).toContain('mount argument "no-mount" must be in form');
  });

  test("why it cannot start is told in its words, in the language of all others; down leaves nothing", async () => {
    const { status, stderr } = await cluster("up", "minikube", "--workspace", "context");
    expect(stderr).toContain(
      "minikube cannot start: X Exiting due to DRV_UNSUPPORTED_OS: The driver 'none-such' is not",
    );
    expect(status).toBe(3);
    expect((await cluster("down", "minikube")).status).toBe(0);
    expect((await cluster("down", "minikube")).stderr).toContain("nothing to do");
  });
});
