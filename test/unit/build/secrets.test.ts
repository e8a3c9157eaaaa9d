import { describe, expect, test } from "vitest";
import { defaultSpec } from "../../../lib/build/build-spec.ts";
import { recordedSpec } from "../../../lib/build/recorded-spec.ts";
import { createRedactor, hasSecretName } from "../../../lib/build/secrets.ts";

test("names of secrets", () => {
  for (const name of [
    "PASSWORD",
    "db_passwd",
    "NPM_TOKEN",
    "API_KEY",
    "apikey",
    "AWS_SECRET_ACCESS_KEY",
    "AUTH_HEADER",
    "SSH_PRIVATE_KEY",
  ])
    expect(hasSecretName(name), name).toBe(true);
  for (const name of ["VERSION", "BASE", "KEYBOARD", "GREETING", "HTTP_PROXY"])
    expect(hasSecretName(name), name).toBe(false);
});

describe("values are masked", () => {
  const redact = createRedactor(["hunter22", "hunter2", "abc"]);

  test("wherever they are in a value of any shape; keys and numbers stay", () => {
    const value = { hunter2: "is hunter2", list: ["a hunter22 b", 5, null], inner: { text: "hunter2hunter2" } };
    expect(redact(value)).toEqual({ hunter2: "is ***", list: ["a *** b", 5, null], inner: { text: "******" } });
    expect(value.list[0]).toBe("a hunter22 b");
  });

  test("but not such that would mask ordinary words", () => {
    expect(redact("abc")).toBe("abc");
    expect(createRedactor(["", "a"])("a text")).toBe("a text");
  });
});

test("a record keeps no value of a secret argument and no user in an address", () => {
  const spec = {
    ...defaultSpec,
    context: "git://user:pass@host.example/repository.git#refs/heads/main",
    buildArgs: { VERSION: "2", API_TOKEN: "hunter2" },
  };
  const kept = recordedSpec(spec, "/work", {
    args: ["--context", spec.context, "--build-arg", "API_TOKEN"],
    env: { API_TOKEN: "hidden", KANIKO_REGISTRY_PASSWORD: "hidden", FF_KANIKO_HASH_DIR_FRAMING: "1" },
  });
  expect(kept.buildArgs).toEqual({ VERSION: "2", API_TOKEN: "***" });
  expect(kept.context).toBe("git://***@host.example/repository.git#refs/heads/main");
  expect(kept.featureFlags).toEqual({ FF_KANIKO_HASH_DIR_FRAMING: "1" });
  expect(JSON.stringify(kept)).not.toMatch(/pass@|hidden/);
  expect(recordedSpec({ ...spec, context: "sub" }, "/work", null).context).toBe("/work/sub");
});
