import * as z from "zod/mini";
import { LabError } from "../error.ts";
import { type Digest, isDigest } from "../model/digest.ts";
import { parseDocument } from "./document.ts";
import { normalPlatform, type Platform } from "./platform.ts";

/** A reference to a blob or a manifest, of OCI or of Docker schema 2. */
export interface Descriptor {
  /** As stated; "" where nothing is. */
  readonly mediaType: string;
  readonly digest: Digest;
  readonly sizeBytes: number;
  /** Null where none is stated. */
  readonly platform: Platform | null;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ImageManifest {
  readonly kind: "image";
  readonly config: Descriptor;
  /** Oldest first. */
  readonly layers: readonly Descriptor[];
}

export interface ImageIndex {
  readonly kind: "index";
  readonly manifests: readonly Descriptor[];
}

/** Real images have up to some 130 layers and indexes up to some 50 images. */
const maxDescriptors = 10_000;

const platformForm = z.object({
  os: z.optional(z.string()),
  architecture: z.optional(z.string()),
  variant: z.optional(z.nullable(z.string())),
});
const descriptorForm = z.object({
  mediaType: z.optional(z.string()),
  digest: z.custom<Digest>(value => typeof value === "string" && isDigest(value), "a sha256 digest expected"),
  size: z.number().check(z.int("a size in bytes expected"), z.nonnegative("a size in bytes expected")),
  platform: z.optional(z.nullable(platformForm)),
  annotations: z.optional(z.nullable(z.record(z.string(), z.string()))),
});
const descriptors = z.array(descriptorForm).check(z.maxLength(maxDescriptors, `more than ${maxDescriptors} entries`));
const manifestForm = z.object({
  schemaVersion: z.literal(2, "schema version 2 expected"),
  config: z.optional(descriptorForm),
  layers: z.optional(z.nullable(descriptors)),
  manifests: z.optional(z.nullable(descriptors)),
});

/**
 * Reads a manifest or an index, told apart by what they hold: media types are not always stated, nor always right.
 *
 * @param where names the document in errors.
 * @throws LabError `damaged`, `too-large`
 */
export function parseManifest(bytes: Uint8Array | string, where: string): ImageManifest | ImageIndex {
  const document = parseDocument(bytes, manifestForm, where);
  // A document that is both would mean one thing to one tool and something else to another (CVE-2021-41190).
  if (document.manifests && (document.config || document.layers)) {
    throw new LabError("damaged", `${where} is damaged: it claims to be a manifest and an index at once`);
  }
  if (document.manifests) return { kind: "index", manifests: document.manifests.map(asDescriptor) };
  if (!document.config) throw new LabError("damaged", `${where} is damaged: it has neither config nor manifests`);
  const layers = (document.layers ?? []).map(asDescriptor);
  return { kind: "image", config: asDescriptor(document.config), layers };
}

/** Signatures, SBOMs and provenance lie beside images in an index; they are no images. */
export function isAttestation(descriptor: Descriptor): boolean {
  const { os, architecture } = descriptor.platform ?? {};
  const isNamedSo = descriptor.annotations["vnd.docker.reference.type"] === "attestation-manifest";
  return isNamedSo || (os === "unknown" && architecture === "unknown");
}

function asDescriptor(form: z.infer<typeof descriptorForm>): Descriptor {
  return {
    mediaType: form.mediaType ?? "",
    digest: form.digest,
    sizeBytes: form.size,
    platform: asPlatform(form.platform),
    annotations: form.annotations ?? {},
  };
}

function asPlatform(form: z.infer<typeof platformForm> | null | undefined): Platform | null {
  if (!form?.os || !form.architecture) return null;
  return normalPlatform({ os: form.os, architecture: form.architecture, variant: form.variant ?? "" });
}
