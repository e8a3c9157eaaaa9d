import { realpath, stat } from "node:fs/promises";
import path from "node:path";
import { errnoOf, LabError, messageOf } from "../error.ts";
import { type Digest, hexOf } from "../model/digest.ts";
import type { Image } from "../model/image.ts";
import type { BlobLocation } from "../model/layer-index.ts";
import { type LayoutOptions, openLayout } from "./layout-image.ts";
import { readWholeBlob } from "./whole-blob.ts";

export type { LayoutOptions };

/**
 * An image in a folder in OCI layout, as `--oci-layout-path`, `skopeo copy … oci:DIR` and Kaniko's `oci:` layer cache make
 * them; manifests of OCI and of Docker. Layers stay where they are.
 *
 * @param name how the image is called. @defaultValue `oci:FOLDER`
 * @throws LabError `unknown-target` when the folder is no layout or holds several images, `blob-missing`, `unsafe` for a
 *   blob that is a link out of the folder, `digest-mismatch`, `damaged`, `too-large`, `image-not-found`
 */
export async function openOciLayout(folder: string, options: LayoutOptions = {}, name?: string): Promise<Image> {
  const indexFile = await fileIn(folder, "index.json");
  if (indexFile === null) {
    throw new LabError("unknown-target", `no OCI layout in ${folder}: it has no index.json`, {
      hint: "name the folder that holds index.json and blobs/",
    });
  }
  const source = {
    where: folder,
    index: await readWholeBlob(indexFile, `index.json of ${folder}`),
    blob: (digest: Digest) => fileIn(folder, `blobs/sha256/${hexOf(digest)}`),
  };
  const ref = options.ref === undefined ? "" : `:${options.ref}`;
  return await openLayout(source, name ?? `oci:${folder}${ref}`, options);
}

/** A file below the folder, links followed as long as they stay in it. Null when it is not there. */
async function fileIn(folder: string, relative: string): Promise<BlobLocation | null> {
  const file = path.join(folder, relative);
  try {
    const [realFolder, realFile] = await Promise.all([realpath(folder), realpath(file)]);
    if (!realFile.startsWith(realFolder.endsWith(path.sep) ? realFolder : realFolder + path.sep)) {
      throw new LabError("unsafe", `${file} is a link out of its folder: not followed`);
    }
    const found = await stat(realFile);
    return found.isFile() ? { file: realFile, offset: 0, sizeBytes: found.size } : null;
  } catch (error) {
    if (error instanceof LabError) throw error;
    if (["ENOENT", "ENOTDIR", "ELOOP"].includes(errnoOf(error) ?? "")) return null;
    throw new LabError("unknown-target", `cannot read ${file}: ${messageOf(error)}`, { cause: error });
  }
}
