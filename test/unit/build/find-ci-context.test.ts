import { mkdir, mkdtemp, rm, symlink, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { dockerfileIn, guessContext } from "../../../lib/build/find-ci-context.ts";
import type { LabError } from "../../../lib/error.ts";

let top: string;
beforeEach(async () => {
  top = await mkdtemp(join(tmpdir(), "kaniko-lab-from-"));
});
afterEach(() => rm(top, { recursive: true, force: true }));

async function files(...names: string[]): Promise<void> {
  for (const name of names) {
    await mkdir(join(top, dirname(name)), { recursive: true });
    await writeFile(join(top, name), "FROM scratch\n");
  }
}

function ci(folder: string, ...dockerfiles: string[]) {
  const first = dockerfiles[0] ?? `${folder}/Dockerfile`;
  return { kind: "folder" as const, folder, dockerfile: first, dockerfiles: [first, ...dockerfiles.slice(1)] };
}

function guess(context: ReturnType<typeof ci>, file = "repo/ci/build.yaml", from = "elsewhere"): string[] | string {
  try {
    const { folder, dockerfile } = guessContext(context, join(top, file), join(top, from));
    return [folder, dockerfile].map(path => path.slice(top.length + 1));
  } catch (error) {
    return (error as LabError).code;
  }
}

describe("the folder that stands for CI's", () => {
  beforeEach(async () => {
    await mkdir(join(top, "repo/.git"), { recursive: true });
    await mkdir(join(top, "repo/ci"), { recursive: true });
  });

  test("the checkout is the workspace, whatever CI calls it", async () => {
    await files("repo/Dockerfile", "repo/ci/Dockerfile", "repo/services/api/Dockerfile");
    expect(guess(ci("/workspace"))).toEqual(["repo", "repo/Dockerfile"]);
    expect(guess(ci("/builds/group/project"))).toEqual(["repo", "repo/Dockerfile"]);
    expect(guess(ci("/workspace/source/services/api"))).toEqual(["repo/services/api", "repo/services/api/Dockerfile"]);
  });

  test("the longest end of the path that is there", async () => {
    await files("repo/workspace/Dockerfile", "repo/Dockerfile");
    expect(guess(ci("/workspace"))).toEqual(["repo/workspace", "repo/workspace/Dockerfile"]);
  });

  test("a Dockerfile beside the context, and a context without any", async () => {
    await files("repo/docker/api.Dockerfile", "repo/services/api/main.go");
    expect(guess(ci("/workspace/services/api", "/workspace/docker/api.Dockerfile"))).toEqual([
      "repo/services/api",
      "repo/docker/api.Dockerfile",
    ]);
    expect(guess(ci("/workspace/services/web"))).toBe("context-not-found");
  });

  test("the user's folder, for a file that lies elsewhere", async () => {
    await files("elsewhere/Dockerfile");
    expect(guess(ci("/workspace"))).toEqual(["elsewhere", "elsewhere/Dockerfile"]);
  });

  test("links and paths that lead out of the checkout are not followed", async () => {
    await files("outside/Dockerfile", "outside/secret");
    await symlink(join(top, "outside"), join(top, "repo/app"));
    await mkdir(join(top, "repo/lib"));
    await symlink(join(top, "outside/secret"), join(top, "repo/lib/Dockerfile"));
    expect(guess(ci("/workspace/app"))).toBe("context-not-found");
    expect(guess(ci("/workspace/lib"))).toBe("context-not-found");
    expect(guess(ci("/outside"))).toBe("context-not-found");
  });

  test("a folder that the user names", async () => {
    await files("repo/docker/api.Dockerfile", "repo/services/api/Dockerfile", "outside/secret");
    const folder = join(top, "repo/services/api");
    const below = (context: ReturnType<typeof ci>) => dockerfileIn(context, folder).slice(top.length + 1);
    expect(below(ci("/src/x", "/src/x/Dockerfile"))).toBe("repo/services/api/Dockerfile");
    expect(below(ci("/w/services/api", "/w/docker/api.Dockerfile"))).toBe("repo/docker/api.Dockerfile");
    expect(() => below(ci("/w/other", "/w/docker/api.Dockerfile"))).toThrow("there is no /w/docker/api.Dockerfile");
    await symlink(join(top, "outside/secret"), join(folder, "Linked"));
    expect(() => below(ci("/w", "/w/Linked"))).toThrow("there is no");
  });
});
