import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import {
  copyFileSync,
  createReadStream,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { createGunzip } from "node:zlib";

/** Images around layers that are there: an OCI layout for us, an archive of `docker save` for others. */

export async function ociLayout(folder: string, layerFiles: readonly string[]): Promise<void> {
  if (existsSync(folder)) return;
  const part = `${folder}.part`;
  rmSync(part, { recursive: true, force: true });
  const blobs = path.join(part, "blobs", "sha256");
  mkdirSync(blobs, { recursive: true });
  const put = (bytes: Buffer, mediaType: string) => {
    const hex = createHash("sha256").update(bytes).digest("hex");
    writeFileSync(path.join(blobs, hex), bytes);
    return { mediaType, digest: `sha256:${hex}`, size: bytes.length };
  };
  const layers = layerFiles.map(file => put(readFileSync(file), "application/vnd.oci.image.layer.v1.tar+gzip"));
  const diffIds = await Promise.all(layerFiles.map(diffIdOf));
  const config = put(json(configOf(diffIds)), "application/vnd.oci.image.config.v1+json");
  const mediaType = "application/vnd.oci.image.manifest.v1+json";
  const manifest = put(json({ schemaVersion: 2, mediaType, config, layers }), mediaType);
  writeFileSync(path.join(part, "index.json"), json({ schemaVersion: 2, manifests: [manifest] }));
  writeFileSync(path.join(part, "oci-layout"), json({ imageLayoutVersion: "1.0.0" }));
  renameSync(part, folder);
}

/** One layer, compressed as it is. */
export async function dockerArchive(file: string, layerFile: string): Promise<void> {
  if (existsSync(file)) return;
  const folder = `${file}.parts`;
  mkdirSync(folder, { recursive: true });
  copyFileSync(layerFile, path.join(folder, "layer.tar.gz"));
  writeFileSync(path.join(folder, "config.json"), json(configOf([await diffIdOf(layerFile)])));
  const manifest = [{ Config: "config.json", RepoTags: ["bench:latest"], Layers: ["layer.tar.gz"] }];
  writeFileSync(path.join(folder, "manifest.json"), json(manifest));
  spawnSync("tar", ["-cf", `${file}.part`, "-C", folder, "manifest.json", "config.json", "layer.tar.gz"]);
  rmSync(folder, { recursive: true });
  renameSync(`${file}.part`, file);
}

/** All that is in a folder. */
export async function tarOf(file: string, folder: string): Promise<void> {
  if (existsSync(file)) return;
  spawnSync("tar", ["-cf", `${file}.part`, "-C", folder, ...readdirSync(folder)]);
  renameSync(`${file}.part`, file);
}

function configOf(diffIds: readonly string[]): object {
  return {
    architecture: "amd64",
    os: "linux",
    config: {},
    rootfs: { type: "layers", diff_ids: diffIds },
    history: diffIds.map((_, i) => ({ created_by: `COPY layer ${i} /` })),
  };
}

async function diffIdOf(layerFile: string): Promise<string> {
  const hash = createHash("sha256");
  for await (const chunk of createReadStream(layerFile).pipe(createGunzip({ chunkSize: 1 << 20 }))) hash.update(chunk);
  return `sha256:${hash.digest("hex")}`;
}

function json(document: object): Buffer {
  return Buffer.from(JSON.stringify(document));
}
