import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { createServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  executorImage,
  helperImage,
  kubeconfig,
  missing as missingCluster,
  Namespace,
  podBase,
  podRegistry,
} from "../kubernetes-driver/support.ts";
import { busybox, executorFile, filesNaming, Place, registry, sh, skipNote, whyNot } from "./support.ts";

// Contexts in a bucket: Kaniko fetches them, with what it is given of this machine. The servers are whole ones, made elsewhere.

const programs = join(homedir(), ".cache/kaniko-lab-test");
const host = podRegistry.replace(/:\d+$/, "");
const [accessKey, secretKey] = ["AKIALABLABLAB", "a-key-that-nobody-sees"];

let place: Place;
let namespace: Namespace | null = null;
let server: ChildProcess | null = null;
beforeEach(async () => {
  place = await Place.create({ Dockerfile: "ARG BASE\nFROM $BASE\nCOPY word /word\n", word: "hello\n" });
  sh("tar", "-czf", place.path("app.tar.gz"), "-C", place.path("context"), "Dockerfile", "word");
});
afterEach(async () => {
  server?.kill();
  namespace?.remove();
  [server, namespace] = [null, null];
  await place.remove();
});

async function serve(program: string, args: (port: string) => readonly string[], env = {}): Promise<string> {
  const probe = createServer();
  await new Promise<void>(resolve => probe.listen(0, resolve));
  const { port } = probe.address() as { port: number };
  await new Promise(resolve => probe.close(resolve));
  server = spawn(join(programs, program), args(String(port)), { env: { ...process.env, ...env }, stdio: "ignore" });
  const address = `${host}:${port}`;
  await expect
    .poll(
      () =>
        fetch(`http://${address}/`).then(
          () => "answers",
          () => "",
        ),
      { timeout: 30_000 },
    )
    .toBe("answers");
  return address;
}

async function serveS3(): Promise<string> {
  await mkdir(place.path("buckets", "contexts"), { recursive: true });
  await copyFile(place.path("app.tar.gz"), place.path("buckets", "contexts", "app.tar.gz"));
  const keys = { ROOT_ACCESS_KEY: accessKey, ROOT_SECRET_KEY: secretKey };
  return serve("versitygw", port => ["--port", `:${port}`, "posix", place.path("buckets")], keys);
}

async function serveGoogle(): Promise<string> {
  await mkdir(place.path("buckets", "contexts"), { recursive: true });
  await copyFile(place.path("app.tar.gz"), place.path("buckets", "contexts", "app.tar.gz"));
  // It knows downloads by the name that it is asked by.
  return serve("fake-gcs-server", port => [
    ...["-scheme", "http", "-host", "0.0.0.0", "-port", port, "-public-host", `${host}:${port}`],
    ...["-data", place.path("buckets"), "-filesystem-root", place.path("served")],
  ]);
}

const here = { base: busybox, from: registry, options: () => ["--executor", executorFile("fork")] };
const ways = [
  { driver: "sandbox", reason: whyNot("sandbox"), ...here },
  { driver: "docker", reason: whyNot("docker"), ...here },
  {
    driver: "kubernetes",
    reason: missingCluster,
    base: podBase,
    from: podRegistry,
    options: () => {
      namespace = new Namespace();
      return ["--namespace", namespace.name, "--executor", executorImage, "--helper-image", helperImage];
    },
  },
] as const;

function needs(program: string, reason: string): string {
  return reason || (existsSync(join(programs, program)) ? "" : `no ${program} in ~/.cache/kaniko-lab-test`);
}

for (const { driver, reason, base, from, options } of ways) {
  const build = (context: string, env: NodeJS.ProcessEnv) => {
    const registryOptions = ["--build-arg", `BASE=${base}`, "--insecure-registry", from];
    return place.run(["build", context, "--driver", driver, ...options(), ...registryOptions], {
      env: { ...env, KUBECONFIG: kubeconfig },
    });
  };

  const noS3 = needs("versitygw", reason);
  describe.skipIf(noS3 !== "")(`a context in S3, with ${driver}${skipNote(noS3)}`, () => {
    test("keys in variables, and certificates in a file, reach the executor, and no record", async () => {
      const env = {
        ...{ S3_ENDPOINT: `http://${await serveS3()}`, S3_FORCE_PATH_STYLE: "true", AWS_REGION: "us-east-1" },
        ...{ AWS_ACCESS_KEY_ID: accessKey, AWS_SECRET_ACCESS_KEY: secretKey },
        AWS_CA_BUNDLE: place.path("authorities.pem"),
      };
      sh(
        "openssl",
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-subj",
        "/CN=lab",
        "-keyout",
        place.path("key"),
        "-out",
        env.AWS_CA_BUNDLE,
      );
      const { status, stderr } = await build("s3://contexts/app.tar.gz", env);
      expect(stderr).not.toMatch(/^error:/m);
      expect(status).toBe(0);
      expect(await place.text("cat", "latest", "/word")).toBe("hello\n");
      expect(await filesNaming(place.cache, secretKey)).toEqual([]);
      expect(namespace?.leftovers() ?? []).toEqual([]);
    });

    test("keys in the user's own file do as well", async () => {
      const file = place.path("credentials");
      await writeFile(file, `[lab]\naws_access_key_id = ${accessKey}\naws_secret_access_key = ${secretKey}\n`);
      const { status, stderr } = await build("s3://contexts/app.tar.gz", {
        ...{ S3_ENDPOINT: `http://${await serveS3()}`, S3_FORCE_PATH_STYLE: "true", AWS_REGION: "us-east-1" },
        ...{ AWS_SHARED_CREDENTIALS_FILE: file, AWS_PROFILE: "lab", AWS_CA_BUNDLE: "" },
      });
      expect(stderr).not.toMatch(/^error:/m);
      expect(status).toBe(0);
      expect(await place.text("cat", "latest", "/word")).toBe("hello\n");
      expect(await readFile(file, "utf8")).toContain(secretKey);
    });
  });

  const noGoogle = needs("fake-gcs-server", reason);
  describe.skipIf(noGoogle !== "")(`a context in Google's storage, with ${driver}${skipNote(noGoogle)}`, () => {
    test("is fetched from where STORAGE_EMULATOR_HOST says", async () => {
      const { status, stderr } = await build("gs://contexts/app.tar.gz", {
        STORAGE_EMULATOR_HOST: await serveGoogle(),
      });
      expect(stderr).not.toMatch(/^error:/m);
      expect(status).toBe(0);
      expect(await place.text("cat", "latest", "/word")).toBe("hello\n");
    });
  });
}
