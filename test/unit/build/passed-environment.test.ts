import { expect, test } from "vitest";
import { passedEnvironment } from "../../../lib/build/passed-environment.ts";

const machine = {
  HOME: "/home/me",
  KANIKO_LAB_CACHE: "/x",
  KANIKO_DIR: "/elsewhere",
  FF_KANIKO_OCI_WARMER: "1",
  HTTPS_PROXY: "http://me:proxypass@proxy:3128",
  GIT_TOKEN: "git-token",
  AWS_SECRET_ACCESS_KEY: "aws-key",
  GOOGLE_APPLICATION_CREDENTIALS: "/home/me/google.json",
};

test("a local context gets Kaniko's switches and proxies, no credentials", () => {
  const { env, mounts, secretValues } = passedEnvironment(".", machine);
  expect(env).toEqual({ FF_KANIKO_OCI_WARMER: "1", HTTPS_PROXY: "http://me:proxypass@proxy:3128" });
  expect(mounts).toEqual([]);
  expect(secretValues).toEqual(["proxypass"]);
});

test.each([
  ["git://host/repo.git", "GIT_TOKEN", "git-token"],
  ["s3://bucket/context.tar.gz", "AWS_SECRET_ACCESS_KEY", "aws-key"],
])("%s gets its own credentials, masked elsewhere", (context, name, value) => {
  const { env, secretValues } = passedEnvironment(context, machine);
  expect(env).toMatchObject({ [name]: value });
  expect(Object.values(env).filter(other => other === "git-token" || other === "aws-key")).toEqual([value]);
  expect(secretValues).toContain(value);
});

test("a credentials file is mounted read-only", () => {
  const { env, mounts } = passedEnvironment("gs://bucket/context.tar.gz", machine);
  expect(mounts).toEqual([{ hostPath: "/home/me/google.json", path: "/kaniko/lab/google.json", readOnly: true }]);
  expect(env).toMatchObject({ GOOGLE_APPLICATION_CREDENTIALS: "/kaniko/lab/google.json" });
});
