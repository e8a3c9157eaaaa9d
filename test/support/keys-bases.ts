/** Bases of the key suite, put into the plain registry: the same layers with other configs and manifests. */

import { createHash } from "node:crypto";

const host = "http://127.0.0.1:5000";
const docker = {
  manifest: "application/vnd.docker.distribution.manifest.v2+json",
  config: "application/vnd.docker.container.image.v1+json",
};
const oci = {
  manifest: "application/vnd.oci.image.manifest.v1+json",
  index: "application/vnd.oci.image.index.v1+json",
  config: "application/vnd.oci.image.config.v1+json",
  layer: "application/vnd.oci.image.layer.v1.tar+gzip",
};
const repository = "kaniko-lab-test/keys";

interface Descriptor {
  mediaType: string;
  size: number;
  digest: string;
}

export interface Base {
  readonly reference: string;
  /** The platform's, as they were put there. */
  readonly manifest: string;
  readonly config: string;
}

export type BaseName = "busybox" | "onbuild" | "oci" | "no-env" | "index";

export async function pushBases(): Promise<Record<BaseName, Base>> {
  const manifestText = await text("base/busybox/manifests/1", `${docker.manifest}, ${oci.manifest}`);
  const manifest = JSON.parse(manifestText) as { config: Descriptor; layers: Descriptor[] };
  const configText = await text(`base/busybox/blobs/${manifest.config.digest}`, "*/*");
  // biome-ignore lint/suspicious/noExplicitAny: a config is changed in places
  const config = JSON.parse(configText) as any;
  for (const layer of manifest.layers) await mount(layer.digest);
  const busybox = { reference: "127.0.0.1:5000/base/busybox:1", manifest: manifestText, config: configText };
  const onbuild = await push("onbuild", docker, manifest.layers, {
    ...config,
    config: { ...config.config, OnBuild: ["ENV TRIGGERED=yes", "RUN echo $TRIGGERED", "COPY app.txt /triggered/"] },
  });
  const ofOci = await push(
    "oci",
    oci,
    manifest.layers.map(layer => ({ ...layer, mediaType: oci.layer, annotations: { b: "<2>", a: "1" } })),
    {
      ...config,
      created: "2024-02-03T04:05:06.120000000+01:00",
      author: "Some <one> & co",
      variant: "v1",
      "os.features": ["f"],
      config: {
        ...config.config,
        Labels: { version: "1" },
        Env: [...config.config.Env, "HTML=<a href='x'>&amp;\u2028", "A=1", "A=2"],
        Volumes: { "/b": {}, "/a": {} },
        ExposedPorts: { "80/tcp": {} },
        Healthcheck: { Test: ["CMD", "true"], Interval: 30_000_000_000, Retries: 3 },
        User: "0:0",
        WorkingDir: "/work",
        StopSignal: "SIGTERM",
        Shell: ["/bin/sh", "-c"],
        Unknown: "dropped",
      },
      history: [
        { created: "2024-02-03T04:05:06.120000000Z", created_by: "one", empty_layer: true },
        { created_by: "two", comment: "c", author: "a" },
      ],
    },
    { annotations: { "org.opencontainers.image.version": "1", a: "b" } },
  );
  const { Env: _env, ...withoutEnv } = config.config;
  const noEnv = await push("no-env", docker, manifest.layers, { ...config, config: withoutEnv });
  const inIndex = await pushIndex("index", busybox);
  return { busybox, onbuild, oci: ofOci, "no-env": noEnv, index: inIndex };
}

async function push(
  tag: string,
  types: { manifest: string; config: string },
  layers: readonly object[],
  config: object,
  more: object = {},
): Promise<Base> {
  const configText = JSON.stringify(config);
  const digest = await upload(configText);
  const described = { mediaType: types.config, size: Buffer.byteLength(configText), digest };
  const document = { schemaVersion: 2, mediaType: types.manifest, config: described, layers, ...more };
  const manifestText = JSON.stringify(document);
  await put(`manifests/${tag}`, manifestText, types.manifest);
  return { reference: `127.0.0.1:5000/${repository}:${tag}`, manifest: manifestText, config: configText };
}

async function pushIndex(tag: string, base: Base): Promise<Base> {
  const { config } = JSON.parse(base.manifest) as { config: Descriptor };
  if (config.digest !== (await upload(base.config))) throw new Error("the base's config is not what it is called");
  const digest = sha256(base.manifest);
  await put(`manifests/${digest}`, base.manifest, docker.manifest);
  const size = Buffer.byteLength(base.manifest);
  const { architecture } = JSON.parse(base.config) as { architecture: string };
  const index = {
    schemaVersion: 2,
    mediaType: oci.index,
    manifests: [
      { mediaType: docker.manifest, size, digest, platform: { architecture: "s390x", os: "linux" } },
      { mediaType: docker.manifest, size, digest, platform: { architecture, os: "linux" } },
    ],
  };
  await put(`manifests/${tag}`, JSON.stringify(index), oci.index);
  return { ...base, reference: `127.0.0.1:5000/${repository}:${tag}` };
}

function sha256(content: string): string {
  return `sha256:${createHash("sha256").update(content).digest("hex")}`;
}

async function mount(digest: string): Promise<void> {
  await fetch(`${host}/v2/${repository}/blobs/uploads/?mount=${digest}&from=base/busybox`, { method: "POST" });
}

async function upload(content: string): Promise<string> {
  const digest = sha256(content);
  const started = await fetch(`${host}/v2/${repository}/blobs/uploads/`, { method: "POST" });
  const url = new URL(started.headers.get("location") ?? "", host);
  url.searchParams.set("digest", digest);
  const answer = await fetch(url, {
    method: "PUT",
    body: content,
    headers: { "content-type": "application/octet-stream" },
  });
  if (!answer.ok) throw new Error(`a blob was refused: ${answer.status}`);
  return digest;
}

async function put(path: string, body: string, type: string): Promise<void> {
  const answer = await fetch(`${host}/v2/${repository}/${path}`, {
    method: "PUT",
    body,
    headers: { "content-type": type },
  });
  if (!answer.ok) throw new Error(`${path} was refused: ${answer.status} ${await answer.text()}`);
}

async function text(path: string, accept: string): Promise<string> {
  const answer = await fetch(`${host}/v2/${path}`, { headers: { accept } });
  if (!answer.ok) throw new Error(`${path}: ${answer.status}`);
  return await answer.text();
}
