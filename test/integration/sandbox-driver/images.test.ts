import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  createReadStream,
  createWriteStream,
  existsSync,
  lstatSync,
  readdirSync,
  readFileSync,
  writeFileSync,
} from "node:fs";
import { createServer, request as forward, type Server } from "node:http";
import { type AddressInfo, connect, createServer as createTcpServer } from "node:net";
import { homedir } from "node:os";
import { join } from "node:path";
import { pipeline } from "node:stream/promises";
import { pack } from "tar-stream";
import { describe, expect, test } from "vitest";
import type { ExecutorSource } from "../../../lib/executor/port.ts";
import {
  type Answer,
  executors,
  hasImage,
  linesOf,
  makeWorkplace,
  missing,
  remove,
  start,
  type Who,
  type Workplace,
  waitForLine,
} from "./support.ts";

const users: readonly Who[] = ["root", "labuser"];
const executorImage = "127.0.0.1:5000/kaniko/executor:local";
const noImage = missing || ((await hasImage("kaniko/executor", "local")) ? "" : `no ${executorImage}`);
const note = noImage && ` (skipped: ${noImage})`;
const ended = { type: "exit", code: 0, reason: "" };

function preparing(answers: readonly Answer[]): string[] {
  return answers.flatMap(answer => (answer.type === "preparing" ? [answer.what] : []));
}

async function withPlace(who: Who, use: (place: Workplace) => Promise<void>): Promise<void> {
  const place = makeWorkplace(who, executors.fork, ["failing.Dockerfile"]);
  try {
    await use(place);
  } finally {
    remove(place);
  }
}

describe.skipIf(noImage !== "").each(users)(`an executor's image, as %s${note}`, who => {
  test("is pulled once and used again", () =>
    withPlace(who, async place => {
      const source: ExecutorSource = { kind: "image", reference: executorImage };
      const first = await start(place, { source, args: ["version"] }).rest();
      expect(first.at(-1)).toEqual(ended);
      expect(preparing(first)).toContain(`pulling ${executorImage}`);
      const second = await start(place, { source }).rest();
      expect(preparing(second)).not.toContain(`pulling ${executorImage}`);
      expect(second.at(-1)).toEqual({ type: "exit", code: 7, reason: "" });
      expect(readdirSync(join(place.folder, "driver/runs"))).toEqual([]);

      const [stored] = readdirSync(join(place.folder, "driver/images"));
      const kept = join(place.folder, "driver/images", stored as string, "root");
      expect(digestOf(join(kept, "kaniko/executor"))).toBe(digestOf(executors.fork));
      // The build made /bin, and Kaniko its working files: only in the copy.
      expect(existsSync(join(kept, "bin"))).toBe(false);
      expect(readdirSync(join(kept, "kaniko")).toSorted()).toEqual(["executor", "ssl"]);
    }));

  test("says which executor it is", () =>
    withPlace(who, async place => {
      const source: ExecutorSource = { kind: "image", reference: executorImage };
      const answers = await start(place, { source, ask: "identify" } as never).rest();
      expect(answers.at(-1)).toEqual({ source: executorImage, version: "v1.28.3", family: "fork" });
    }));

  test("comes from a docker archive too", () =>
    withPlace(who, async place => {
      const file = join(place.folder, "executor.tar");
      await writeArchive(file, { "kaniko/executor": executors.fork });
      const answers = await start(place, { source: { kind: "docker-archive", file }, args: ["version"] }).rest();
      expect(linesOf(answers)).toEqual([expect.stringContaining("v1.28.3")]);
      expect(answers.at(-1)).toEqual(ended);
    }));

  test("that was pulled before serves while its registry is away", () =>
    withPlace(who, async place => {
      const registry = await startForwarder();
      const { port } = registry.address() as AddressInfo;
      const source: ExecutorSource = { kind: "image", reference: `127.0.0.1:${port}/kaniko/executor:local` };
      expect((await start(place, { source, args: ["version"] }).rest()).at(-1)).toEqual(ended);
      registry.closeAllConnections();
      await new Promise(resolve => registry.close(resolve));
      const answers = await start(place, { source, args: ["version"] }).rest();
      expect(preparing(answers).at(-1)).toContain("pulled before");
      expect(answers.at(-1)).toEqual(ended);
    }));

  test("that is not there is one clear error, and nothing stays behind", () =>
    withPlace(who, async place => {
      const source: ExecutorSource = { kind: "image", reference: "127.0.0.1:5000/kaniko/executor:nowhere" };
      const answers = await start(place, { source }).rest();
      expect(answers.at(-1)).toMatchObject({ type: "error", code: "image-not-found" });
      expect(readdirSync(join(place.folder, "driver/runs"))).toEqual([]);
    }));

  test("with links where the machine's files are mounted changes nothing outside", () =>
    withPlace(who, async place => {
      const victim = join(place.folder, "victim");
      writeFileSync(victim, "precious");
      const links = { "etc/resolv.conf": victim, "etc/hosts": "../../../../../../../../etc/hostname" };
      const file = join(place.folder, "executor.tar");
      await writeArchive(file, { "kaniko/executor": executors.fork }, links);
      const hosts = readFileSync("/etc/hosts", "utf8");
      const answers = await start(place, { source: { kind: "docker-archive", file }, args: ["version"] }).rest();
      expect(answers.at(-1)).toEqual(ended);
      expect(readFileSync(victim, "utf8")).toBe("precious");
      expect(readFileSync("/etc/hosts", "utf8")).toBe(hosts);

      const trap = join(place.folder, "trap.tar");
      await writeArchive(trap, { "kaniko/executor": executors.fork }, { workspace: "/etc" });
      const trapped = await start(place, { source: { kind: "docker-archive", file: trap } }).rest();
      expect(trapped.at(-1)).toMatchObject({ type: "error", code: "unsafe" });
    }));
});

const secured = "127.0.0.1:5001/base/busybox:1";
const noSecured = missing || ((await isAnswering("http://127.0.0.1:5001/v2/")) ? "" : "no registry with a password");

describe.skipIf(noSecured !== "")(`a registry with a password${noSecured && ` (skipped: ${noSecured})`}`, () => {
  const source: ExecutorSource = { kind: "image", reference: secured };

  test("gives the image to who has the given docker config", () =>
    withPlace("labuser", async place => {
      const dockerConfigFile = join(place.folder, "config.json");
      const auth = Buffer.from("lab:lab").toString("base64");
      writeFileSync(dockerConfigFile, JSON.stringify({ auths: { "127.0.0.1:5001": { auth } } }));
      const answers = await start(place, { source, dockerConfigFile }).rest();
      // Pulled and unpacked; but it holds no executor.
      expect(answers.at(-1)).toMatchObject({
        type: "error",
        code: "executor-unavailable",
        message: expect.stringContaining("no executable /kaniko/executor"),
      });
    }));

  test("refuses everyone else", () =>
    withPlace("labuser", async place => {
      const dockerConfigFile = join(place.folder, "config.json");
      writeFileSync(dockerConfigFile, "{}");
      const answers = await start(place, { source, dockerConfigFile }).rest();
      expect(answers.at(-1)).toMatchObject({ type: "error", code: "registry-denied" });
    }));
});

const delve = join(homedir(), ".cache/kaniko-lab-test/dlv");
const noDelve = missing || (existsSync(delve) ? "" : `no ${delve}`);

describe.skipIf(noDelve !== "").each(users)(`the debugger, as %s${noDelve && ` (skipped: ${noDelve})`}`, who => {
  test("runs the executor when a client says so", () =>
    withPlace(who, async place => {
      const file = join(place.folder, "debug.tar");
      // Delve needs a program with symbols, which published executors are not; it is one itself.
      await writeArchive(file, { "kaniko/executor": delve, "usr/local/bin/dlv": delve });
      const debugPort = await freePort();
      const running = start(place, { source: { kind: "docker-archive", file }, args: ["version"], debugPort });
      await waitForLine(running, `API server listening at: [::]:${debugPort}`);
      await debugToTheEnd(debugPort);
      const answers = await running.rest();
      expect(linesOf(answers)).toContain("Delve Debugger");
      expect(answers.at(-1)).toMatchObject({ type: "exit" });
    }));
});

/** The client's side of Delve's JSON-RPC: continue to the end of the program, then end the session, which closes the connection. */
async function debugToTheEnd(port: number): Promise<void> {
  const socket = connect(port, "127.0.0.1");
  const send = (id: number, name: string, parameter: object): void => {
    socket.write(`${JSON.stringify({ id, method: `RPCServer.${name}`, params: [parameter] })}\n`);
  };
  send(1, "Command", { name: "continue" });
  await new Promise((resolve, reject) => socket.once("data", resolve).once("error", reject));
  send(2, "Detach", { Kill: true });
  socket.resume();
  await new Promise(resolve => socket.once("close", resolve).on("error", () => {}));
}

async function freePort(): Promise<number> {
  const server = createTcpServer().listen(0);
  const { port } = server.address() as AddressInfo;
  await new Promise(resolve => server.close(resolve));
  return port;
}

async function isAnswering(url: string): Promise<boolean> {
  return fetch(url).then(
    () => true,
    () => false,
  );
}

function digestOf(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

/** The plain registry under another port, which can go away. */
async function startForwarder(): Promise<Server> {
  const server = createServer((incoming, outgoing) => {
    const { method, url, headers } = incoming;
    const onward = forward({ host: "127.0.0.1", port: 5000, method, path: url, headers }, answer => {
      outgoing.writeHead(answer.statusCode as number, answer.headers);
      answer.pipe(outgoing);
    });
    incoming.pipe(onward);
  });
  await new Promise<void>(resolve => server.listen(0, "127.0.0.1", resolve));
  return server;
}

/** An image of one layer as `docker save` writes it. */
async function writeArchive(
  file: string,
  files: Readonly<Record<string, string>>,
  links: Readonly<Record<string, string>> = {},
): Promise<void> {
  const layer = `${file}.layer`;
  const layerTar = pack();
  const written = pipeline(layerTar, createWriteStream(layer));
  for (const [name, source] of Object.entries(files)) {
    const entry = layerTar.entry({ name, mode: 0o755, size: lstatSync(source).size });
    await pipeline(createReadStream(source), entry);
  }
  for (const [name, linkname] of Object.entries(links)) layerTar.entry({ name, type: "symlink", linkname });
  layerTar.finalize();
  await written;
  const config = JSON.stringify({
    os: "linux",
    architecture: process.arch === "x64" ? "amd64" : process.arch,
    config: { Entrypoint: ["/kaniko/executor"], WorkingDir: "/workspace" },
    rootfs: { type: "layers", diff_ids: [`sha256:${digestOf(layer)}`] },
  });
  const archive = pack();
  const saved = pipeline(archive, createWriteStream(file));
  archive.entry({ name: "config.json" }, config);
  archive.entry(
    { name: "manifest.json" },
    JSON.stringify([{ Config: "config.json", RepoTags: null, Layers: ["layer.tar"] }]),
  );
  await pipeline(createReadStream(layer), archive.entry({ name: "layer.tar", size: lstatSync(layer).size }));
  archive.finalize();
  await saved;
  spawnSync("rm", [layer]);
}
