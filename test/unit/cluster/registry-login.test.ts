import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { loginSecret } from "../../../lib/cluster/registry-login.ts";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "kaniko-lab-login-"));
});
afterAll(() => rm(folder, { recursive: true }));

async function secretOf(text: string) {
  const file = join(folder, "config.json");
  await writeFile(file, text);
  return loginSecret(file, "regcred", "builds");
}

test("only logins go to the cluster, not the names of helpers nor other settings", async () => {
  const auths = { "a.example": { auth: "eDp5" }, "b.example": {} };
  const secret = await secretOf(JSON.stringify({ auths, credHelpers: { "c.example": "x" }, HttpHeaders: { a: "b" } }));
  expect(secret).toMatchObject({
    kind: "Secret",
    type: "kubernetes.io/dockerconfigjson",
    metadata: { name: "regcred", namespace: "builds" },
  });
  const [data] = Object.values(secret.data as Record<string, string>);
  expect(JSON.parse(Buffer.from(data as string, "base64").toString())).toEqual({
    auths: { "a.example": { auth: "eDp5" } },
  });
});

test.each([
  ['{"auths":{"a.example":{}},"credsStore":"desktop"}', /a helper program keeps them/],
  ['{"auths":{}}', /has no credentials/],
  ['{"auths":"c2VjcmV0"}', /is no docker config/],
  ["{c2VjcmV0", /is no docker config/],
])("%s is refused, and not quoted", async (text, message) => {
  const error = (await secretOf(text).catch((thrown: unknown) => thrown)) as Error;
  expect(error.message).toMatch(message);
  expect(error.message).not.toContain("c2VjcmV0");
});

test("a file that is not there", async () => {
  await expect(loginSecret(join(folder, "none.json"), "regcred", "builds")).rejects.toThrow(/cannot read/);
});
