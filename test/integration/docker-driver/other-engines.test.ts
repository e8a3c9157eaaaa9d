import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { mkdir, mkdtemp, readdir, rm, writeFile } from "node:fs/promises";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { tmpdir } from "node:os";
import path from "node:path";
import { createServer as createTlsServer } from "node:tls";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import { createDockerDriver } from "../../../lib/executor/docker/docker-driver.ts";
import { noSecondEngine, SecondEngine } from "./second-engine.ts";
import { busybox, collect, docker, executor, Lab, missing, ownContainers } from "./support.ts";

const reason = missing || noSecondEngine;

describe.skipIf(reason)(`an engine that does not see our files${reason ? ` (skipped: ${reason})` : ""}`, () => {
  let hidden: string;
  let engine: SecondEngine;
  let lab: Lab;

  beforeAll(async () => {
    hidden = await mkdtemp(path.join(tmpdir(), "kaniko-lab-docker-hidden-"));
    engine = await SecondEngine.create(hidden);
  });
  afterAll(async () => {
    await engine.remove();
    await rm(hidden, { recursive: true, force: true });
  });
  afterEach(() => lab.remove());

  test("gets the context and the cache as copies, and gives back what is new", async () => {
    lab = await Lab.create(`FROM ${busybox}\nCOPY file /file\nRUN cat /file\n`, { file: "seen-in-the-build" }, hidden);
    const driver = createDockerDriver(engine.env);
    const request = lab.request(executor("fork"));
    const first = await collect(driver.run(request, new AbortController().signal));
    expect(first.preparing).toContain(`sending ${lab.path("context")}`);
    expect(first.lines).toContain("seen-in-the-build");
    expect(first.code).toBe(0);
    expect(await readdir(lab.path("out/image"))).toContain("index.json");
    expect(await readdir(lab.path("layers"))).toHaveLength(2);

    const second = await collect(driver.run(request, new AbortController().signal));
    expect(second.lines.filter(line => line.includes("Using caching version of cmd"))).toHaveLength(2);
    expect(ownContainers(engine.host)).toEqual([]);
  });

  test("a failing engine is told from a failing build", async () => {
    lab = await Lab.create(`FROM ${busybox}\nRUN echo now-it-runs; sleep 1000\n`, {}, hidden);
    let id = "";
    const driver = createDockerDriver(engine.env);
    const running = collect(driver.run(lab.request(executor("fork")), new AbortController().signal), line => {
      if (line !== "now-it-runs") return;
      id = docker(engine.host, "ps", "--quiet").trim();
      void engine.crash();
    });
    await expect(running).rejects.toMatchObject({
      code: "engine-lost",
      message: expect.stringMatching(/the engine was lost while the container [0-9a-f]{12} ran/),
      hint: expect.stringContaining("docker rm --force"),
    });
    await running.catch((error: Error) => expect(error.message).toContain(id));
  });
});

describe.skipIf(missing)(`engines by their address${missing ? ` (skipped: ${missing})` : ""}`, () => {
  let folder: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), "kaniko-lab-docker-"));
  });
  afterAll(() => rm(folder, { recursive: true, force: true }));

  test("over TCP; being on this machine is found out, not guessed", async () => {
    const server = createTcpServer(client => {
      const engine = connect("/var/run/docker.sock");
      client.pipe(engine).pipe(client);
      client.on("error", () => engine.destroy());
      engine.on("error", () => client.destroy());
    });
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    const lab = await Lab.create(`FROM ${busybox}\nRUN echo over-tcp\n`);
    try {
      const env = { ...process.env, DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
      const driver = createDockerDriver(env);
      expect((await driver.probe()).detail).toContain(env.DOCKER_HOST);
      const result = await collect(driver.run(lab.request(executor("fork")), new AbortController().signal));
      expect(result.lines).toContain("over-tcp");
      expect(result.preparing.filter(what => what.startsWith("sending"))).toEqual([]);
    } finally {
      server.close();
      await lab.remove();
    }
  });

  test("over TLS, with certificates on both sides", async () => {
    const certificates = path.join(folder, "certificates");
    await mkdir(certificates);
    const openssl = (...args: string[]) => execFileSync("openssl", args, { cwd: certificates, stdio: "ignore" });
    const ecdsa = ["-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"];
    openssl("req", "-x509", ...ecdsa, "-keyout", "ca.key", "-out", "ca.pem", "-subj", "/CN=authority", "-days", "2");
    for (const name of ["server", "key"]) {
      const signed = [
        "-x509",
        "-CA",
        "ca.pem",
        "-CAkey",
        "ca.key",
        "-days",
        "2",
        "-addext",
        "subjectAltName=IP:127.0.0.1",
      ];
      openssl(
        "req",
        ...signed,
        ...ecdsa,
        "-keyout",
        `${name}.pem`,
        "-out",
        name === "key" ? "cert.pem" : "server.crt",
        "-subj",
        `/CN=${name}`,
      );
    }
    const read = (name: string) => readFileSync(path.join(certificates, name));
    const identity = { ca: read("ca.pem"), cert: read("server.crt"), key: read("server.pem") };
    const server = createTlsServer({ ...identity, requestCert: true, rejectUnauthorized: true }, client => {
      const engine = connect("/var/run/docker.sock");
      client.pipe(engine).pipe(client);
      client.on("error", () => engine.destroy());
      engine.on("error", () => client.destroy());
    });
    await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
    const host = { ...process.env, DOCKER_HOST: `tcp://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const withTls = { ...host, DOCKER_TLS_VERIFY: "1", DOCKER_CERT_PATH: certificates };
    try {
      expect(await createDockerDriver(withTls).probe()).toMatchObject({ available: true });
      expect(await createDockerDriver(host).probe()).toMatchObject({ available: false });
      await rm(path.join(certificates, "ca.pem"));
      expect(await createDockerDriver(withTls).probe()).toMatchObject({ available: false });
    } finally {
      server.close();
    }
  });

  test("over ssh, with the ssh program of the system", async () => {
    // Stands for ssh to a machine: runs there what it is told, after the host's name.
    await mkdir(path.join(folder, "bin"));
    const ssh =
      '#!/bin/sh\nwhile [ "$1" != -- ]; do shift; done\n[ "$2" = me@there ] || exit 7\nshift 2\nunset DOCKER_HOST\nexec "$@"\n';
    await writeFile(path.join(folder, "bin/ssh"), ssh, { mode: 0o755 });
    const env = { ...process.env, PATH: `${folder}/bin:${process.env.PATH}` };
    const lab = await Lab.create(`FROM ${busybox}\nRUN echo over-ssh\n`);
    try {
      const driver = createDockerDriver({ ...env, DOCKER_HOST: "ssh://me@there" });
      const result = await collect(driver.run(lab.request(executor("fork")), new AbortController().signal));
      expect(result.lines).toContain("over-ssh");
      expect(result.code).toBe(0);
      const elsewhere = await createDockerDriver({ ...env, DOCKER_HOST: "ssh://me@elsewhere" }).probe();
      expect(elsewhere).toMatchObject({ available: false, detail: expect.stringContaining("ssh ended with status 7") });
    } finally {
      await lab.remove();
    }
  });

  test("without an engine, probe and run say what was tried", async () => {
    const driver = createDockerDriver({ ...process.env, DOCKER_HOST: `unix://${folder}/none.sock` });
    const detail = expect.stringContaining(`${folder}/none.sock (DOCKER_HOST): not there`);
    expect(await driver.probe()).toMatchObject({
      available: false,
      detail,
      hint: expect.stringContaining("DOCKER_HOST"),
    });
    const lab = await Lab.create("FROM scratch\n");
    const run = driver.run(lab.request(executor("fork")), new AbortController().signal);
    await expect(run.next()).rejects.toMatchObject({ code: "engine-unavailable", message: detail });
    await lab.remove();
  });

  test("an engine that stops answering does not hold up a cancelled build", async () => {
    // Passes everything on to the real engine until the container is to be stopped; from then on it only listens.
    let hangs = false;
    const abort = new AbortController();
    const server = createTcpServer(client => {
      const engine = connect("/var/run/docker.sock");
      client.on("data", chunk => {
        hangs ||= /^POST [^ ]*\/stop/.test(chunk.toString("latin1"));
        if (!hangs) engine.write(chunk);
      });
      engine.on("data", chunk => client.write(chunk));
      engine.on("close", () => client.destroy());
      client.on("close", () => engine.destroy());
      for (const socket of [client, engine]) socket.on("error", () => {});
    });
    await new Promise<void>(resolve => server.listen(path.join(folder, "hanging.sock"), resolve));
    const lab = await Lab.create(`FROM ${busybox}\nRUN echo now-it-runs; sleep 1000\n`);
    const driver = createDockerDriver({ ...process.env, DOCKER_HOST: `unix://${folder}/hanging.sock` });
    const running = collect(driver.run(lab.request(executor("fork")), abort.signal), line => {
      if (line === "now-it-runs") abort.abort();
    });
    await expect(running).rejects.toMatchObject({
      code: "cancelled",
      message: expect.stringMatching(/may be left in the engine/),
      hint: expect.stringContaining("docker rm --force"),
    });
    server.close();
    const [left] = ownContainers();
    docker("", "rm", "--force", "--volumes", left as string);
    await lab.remove();
  });
});
