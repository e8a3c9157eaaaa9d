/** A shell in a container of an engine: the tree is imported as an image, and both are removed in the end. */

import { randomBytes } from "node:crypto";
import type { Duplex, Readable } from "node:stream";
import type Docker from "dockerode";
import { LabError } from "../error.ts";
import { connectEngine, type Engine } from "../executor/docker/connect-engine.ts";
import { createDockerDriver } from "../executor/docker/docker-driver.ts";
import { callEngine, engineMessage, isAnswerError } from "../executor/docker/engine-call.ts";
import { localRepository } from "../executor/docker/executor-image.ts";
import { removeLeftovers } from "../executor/docker/leftovers.ts";
import { asNodeStream } from "../executor/docker/node-stream.ts";
import { ownerLabels } from "../executor/docker/owner-labels.ts";
import { readProgress } from "../executor/docker/progress-stream.ts";
import { withExtracted } from "./extracted-tree.ts";
import { packTree } from "./pack-tree.ts";
import type { ShellDriver, ShellRequest } from "./shell-request.ts";
import { linkTerminal } from "./terminal-link.ts";

export function dockerShell(): ShellDriver {
  return { name: "docker", probe: () => createDockerDriver().probe(), open };
}

const callMs = 30_000;

async function open(request: ShellRequest): Promise<number> {
  const engine = await connectEngine();
  const id = randomBytes(6).toString("hex");
  const image = `${localRepository}:shell-${id}`;
  const container = engine.docker.getContainer(`kaniko-lab-shell-${id}`);
  await removeLeftovers(engine, request.signal);
  try {
    await importTree(engine, image, request);
    await create(engine, image, `kaniko-lab-shell-${id}`, request);
    return await runAttached(container, engine, request);
  } finally {
    await gone(() => container.remove({ force: true, v: true }));
    await gone(() => engine.docker.getImage(image).remove({ force: true }));
  }
}

async function importTree(engine: Engine, image: string, request: ShellRequest): Promise<void> {
  const { snapshot, busybox, signal, report, name } = request;
  await withExtracted(request, async folder => {
    report(`loading ${name} into the engine`);
    const tar = packTree({ snapshot, folder, busybox, onBytes: () => {} });
    const what = "import the tree";
    try {
      const stream = await callEngine({ what, deadlineMs: null, signal }, abortSignal =>
        engine.docker.importImage(asNodeStream(tar), { repo: image, abortSignal }),
      );
      for await (const message of readProgress(stream as Readable)) {
        if (message.error !== undefined) throw cannot("import the tree", message.error);
      }
    } catch (error) {
      throw isAnswerError(error) ? cannot("import the tree", engineMessage(error)) : error;
    }
  });
}

async function create(engine: Engine, image: string, name: string, request: ShellRequest): Promise<void> {
  const { command, env, workingFolder, streams, signal } = request;
  const [program, ...args] = command;
  const options: Docker.ContainerCreateOptions = {
    name,
    Image: image,
    Entrypoint: [program as string],
    Cmd: args,
    Env: Object.entries(env).map(([key, value]) => `${key}=${value}`),
    WorkingDir: workingFolder,
    Labels: ownerLabels(),
    Tty: streams.isTerminal,
    OpenStdin: takesInput(request),
    StdinOnce: true,
    AttachStdin: takesInput(request),
    AttachStdout: true,
    AttachStderr: true,
    HostConfig: { Privileged: false, LogConfig: { Type: "none", Config: {} } },
  };
  try {
    await callEngine({ what: "create the container", deadlineMs: callMs, signal }, () =>
      engine.docker.createContainer(options),
    );
  } catch (error) {
    throw isAnswerError(error) ? cannot("make a container of the tree", engineMessage(error)) : error;
  }
}

/** A terminal that is only read by accident would wait for a key. */
function takesInput({ streams }: ShellRequest): boolean {
  return streams.isTerminal || !streams.input.isTTY;
}

async function runAttached(container: Docker.Container, engine: Engine, request: ShellRequest): Promise<number> {
  const { streams, signal } = request;
  const attach = { stream: true, stdin: takesInput(request), stdout: true, stderr: true, hijack: true };
  const stream = (await callEngine({ what: "attach to the container", deadlineMs: callMs, signal }, () =>
    container.attach(attach),
  )) as unknown as Duplex;
  const end = () => stream.destroy();
  signal.addEventListener("abort", end, { once: true });
  let unlink = () => {};
  try {
    const ended = new Promise<void>(resolve => {
      stream.once("end", resolve).once("close", resolve).once("error", resolve);
    });
    try {
      await callEngine({ what: "start the container", deadlineMs: callMs, signal }, () => container.start());
    } catch (error) {
      throw isAnswerError(error) ? cannot(`start ${request.command[0]}`, engineMessage(error)) : error;
    }
    request.onStart();
    if (streams.isTerminal) stream.pipe(streams.output, { end: false });
    else engine.docker.modem.demuxStream(stream, streams.output, streams.complaints);
    if (takesInput(request)) streams.input.pipe(stream);
    unlink = linkTerminal(streams, ({ columns, rows }) => {
      // A size that cannot be told is no reason to end.
      container.resize({ w: columns, h: rows }).catch(() => {});
    });
    await ended;
    signal.throwIfAborted();
    const { StatusCode } = (await callEngine({ what: "wait for the container", deadlineMs: callMs, signal }, () =>
      container.wait(),
    )) as { StatusCode: number };
    return StatusCode;
  } finally {
    signal.removeEventListener("abort", end);
    streams.input.unpipe(stream);
    unlink();
    streams.input.pause();
    stream.destroy();
  }
}

async function gone(remove: () => Promise<unknown>): Promise<void> {
  await callEngine({ what: "remove what the shell used", deadlineMs: callMs }, remove).catch(() => {});
}

function cannot(what: string, why: string): LabError {
  return new LabError("engine-unavailable", `the engine cannot ${what}: ${why}`, {
    hint: "look at the engine's free disk space and its log; or --driver sandbox",
  });
}
