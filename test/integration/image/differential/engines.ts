import { execFileSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { ImageLayout } from "../../../unit/cli/image-layout.ts";
import { notRoot, programMissing } from "../needs.ts";

/** Programs of others that unpack layers for real. */

export const noGnuTar = notRoot ?? programMissing("tar", "getfattr");
export const noUmoci = notRoot ?? programMissing("umoci", "getfattr");

/** One layer, by GNU tar. */
export function unpackWithTar(folder: string, tar: Uint8Array): string {
  const root = join(folder, "tar-root");
  mkdirSync(root);
  const flags = [
    "--numeric-owner",
    "--same-owner",
    "--preserve-permissions",
    "--delay-directory-restore",
    "--absolute-names",
  ];
  execFileSync("tar", ["-x", ...flags, "--xattrs", "--xattrs-include=*", "-C", root], {
    input: tar,
    stdio: ["pipe", "pipe", "pipe"],
  });
  return root;
}

/** A stack of layers, by umoci, out of an OCI layout. */
export function unpackWithUmoci(folder: string, tars: readonly Uint8Array[]): string {
  const layout = new ImageLayout(join(folder, "layout"));
  const mediaType = "application/vnd.oci.image.layer.v1.tar";
  const image = layout.image(tars.map(tar => ({ stored: tar, tar, mediaType })));
  layout.finish({ ...image, annotations: { "org.opencontainers.image.ref.name": "it" } });
  const root = join(folder, "umoci-root");
  execFileSync("umoci", ["raw", "unpack", "--image", `${layout.folder}:it`, root], {
    stdio: ["ignore", "pipe", "pipe"],
  });
  return root;
}
