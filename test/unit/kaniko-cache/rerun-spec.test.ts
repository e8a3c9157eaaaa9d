import { mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import { rerunSpec, textUpTo } from "../../../lib/kaniko-cache/verify/rerun-spec.ts";
import { baseImagesOf } from "../../../lib/kaniko-cache/warm/base-images-of.ts";
import { record, step } from "../build/sample-steps.ts";

const given = { buildArgs: {}, secrets: [], dockerConfigFile: null };

function recordWith(flags: string[], buildArgs: Record<string, string> = {}) {
  const sample = record("20260101-000000-aaaa");
  return { ...sample, spec: { ...sample.spec, flags, buildArgs } };
}

describe("what runs a step again", () => {
  test("keeps what changes the layer, and leaves out where results went", () => {
    const spec = rerunSpec(
      recordWith(
        [
          ...["--context", "dir:///workspace", "--dockerfile", "/workspace/Dockerfile", "--no-push", "--cache"],
          ...["--cache-repo", "oci:/cache/layers", "--cache-copy-layers", "--cache-dir", "/base-images"],
          ...["--build-arg", "A=1", "--target", "last", "--snapshot-mode", "redo", "--insecure-registry", "host:5000"],
          ...["--custom-platform", "linux/arm64", "--digest-file", "/output/d", "--cache-ttl=6h", "--use-new-run"],
        ],
        { A: "1" },
      ),
      "/tmp/Dockerfile",
      given,
    );
    expect(spec).toMatchObject({
      context: "/context",
      dockerfile: "/tmp/Dockerfile",
      buildArgs: { A: "1" },
      target: null,
      destinations: [],
      platform: "linux/arm64",
      insecureRegistries: ["host:5000"],
      cacheCopyLayers: true,
      extraFlags: ["--snapshot-mode", "redo", "--use-new-run", "--cache-ttl", "876000h"],
    });
  });

  test("asks for what the record does not have", () => {
    expect(() => rerunSpec(recordWith([], { TOKEN: "***" }), "f", given)).toThrow("TOKEN");
    expect(rerunSpec(recordWith([], { TOKEN: "***" }), "f", { ...given, buildArgs: { TOKEN: "x" } }).buildArgs).toEqual(
      {
        TOKEN: "x",
      },
    );
    expect(() => rerunSpec(recordWith(["--secret", "id=a,src=/kaniko/lab/secret-0"]), "f", given)).toThrow("secrets");
  });

  test("ends the Dockerfile behind the step, heredocs and continued lines whole", () => {
    const text = "FROM a\nRUN one \\\n  two\nRUN three\n";
    expect(textUpTo(text, step(2, "RUN one two", { line: 2, endLine: 3 }))).toBe("FROM a\nRUN one \\\n  two\n");
    expect(() => textUpTo(text, step(2, "RUN one", { line: null, endLine: null }))).toThrow("trigger");
  });
});

test("the images that stages start from, without stages, scratch and what only COPY reads", async () => {
  const file = join(await mkdtemp(join(tmpdir(), "kaniko-lab-warm-")), "Dockerfile");
  await writeFile(
    file,
    "ARG TAG=1\nFROM busybox:$TAG AS one\nFROM one\nCOPY --from=alpine:3 /a /b\nFROM scratch\nFROM busybox:$TAG\nFROM debian\n",
  );
  expect(await baseImagesOf(file, { TAG: "2" })).toEqual(["busybox:2", "debian"]);
  await expect(baseImagesOf(`${file}.none`, {})).rejects.toMatchObject({ code: "dockerfile-not-found" });
});
