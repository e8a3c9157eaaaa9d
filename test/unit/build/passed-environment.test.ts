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

const here = import.meta.filename;

test.each([
  ["gs://bucket/context.tar.gz", "GOOGLE_APPLICATION_CREDENTIALS", "/kaniko/lab/google.json"],
  ["s3://bucket/context.tar.gz", "AWS_SHARED_CREDENTIALS_FILE", "/kaniko/lab/aws-credentials"],
  ["s3://bucket/context.tar.gz", "AWS_CONFIG_FILE", "/kaniko/lab/aws-config"],
  ["s3://bucket/context.tar.gz", "AWS_CA_BUNDLE", "/kaniko/lab/aws-ca.pem"],
  ["s3://bucket/context.tar.gz", "AWS_WEB_IDENTITY_TOKEN_FILE", "/kaniko/lab/aws-token"],
])("for %s the file of %s is mounted read-only", (context, name, path) => {
  const { env, mounts } = passedEnvironment(context, { [name]: here });
  expect(mounts).toEqual([{ hostPath: here, path, readOnly: true }]);
  expect(env).toEqual({ [name]: path });
  expect(passedEnvironment(".", { [name]: here })).toEqual({ env: {}, mounts: [], secretValues: [] });
});

test("a variable with a file that is not there is named", () => {
  const machine = { AWS_CA_BUNDLE: "/not/here.pem" };
  expect(() => passedEnvironment("s3://bucket/x.tar.gz", machine)).toThrow(
    "AWS_CA_BUNDLE names /not/here.pem, which is not there",
  );
});
