/**
 * What the fork takes for a base image in a key: the digest of the platform's manifest after its config was written anew
 * without creation time and labels, so that a base that was only rebuilt counts as the same (`newStageBuilder` in
 * pkg/executor/build.go). Documents in, digest out; fields in the order of go-containerregistry's structs. Pure.
 */

import { createHash } from "node:crypto";
import { LabError } from "../error.ts";
import { type Digest, digestOfHex } from "../model/digest.ts";
import { type GoJson, goArray, goMap, goObject, goString } from "./go-json.ts";

type Document = Readonly<Record<string, unknown>>;

export interface BaseDocuments {
  /** The platform's manifest, as the registry has it. */
  readonly manifest: string;
  readonly config: string;
}

const zeroTime = '"0001-01-01T00:00:00Z"';

/**
 * @param keepsAnnotationNames the fork with `FF_KANIKO_NO_PROPAGATE_ANNOTATIONS` off: annotations stay, with empty values.
 * @throws LabError `damaged` for documents that are not of the form expected
 */
export function reproducibleDigest(base: BaseDocuments, keepsAnnotationNames: boolean): Digest {
  const manifest = parse(base.manifest, "the base's manifest");
  const config = configJson(parse(base.config, "the base's config"));
  const names = Object.keys(objectOf(manifest.annotations));
  return sha256(
    goObject([
      ["schemaVersion", whole(manifest.schemaVersion)],
      ["mediaType", text(manifest.mediaType)],
      ["config", descriptorJson({ ...objectOf(manifest.config), ...describe(config) })],
      ["layers", layersJson(manifest.layers)],
      ["annotations", keepsAnnotationNames && names.length > 0 ? goMap(names.map(name => [name, '""'])) : null],
      ["artifactType", text(manifest.artifactType)],
    ]),
  );
}

/** What FROM scratch counts as. */
export function scratchDigest(isOci: boolean): Digest {
  const config = configJson({ rootfs: { type: "layers" } });
  const kind = isOci ? "oci" : "docker";
  return sha256(
    goObject([
      ["schemaVersion", "2"],
      ["mediaType", goString(mediaTypes[kind].manifest)],
      ["config", descriptorJson({ mediaType: mediaTypes[kind].config, ...describe(config) })],
      ["layers", "[]"],
    ]),
  );
}

const mediaTypes = {
  docker: {
    manifest: "application/vnd.docker.distribution.manifest.v2+json",
    config: "application/vnd.docker.container.image.v1+json",
  },
  oci: {
    manifest: "application/vnd.oci.image.manifest.v1+json",
    config: "application/vnd.oci.image.config.v1+json",
  },
};

function sha256(json: string): Digest {
  return digestOfHex(createHash("sha256").update(json).digest("hex"));
}

function describe(json: string): Document {
  return { size: Buffer.byteLength(json), digest: sha256(json) };
}

function layersJson(value: unknown): string {
  const layers = listOf(value);
  return layers === null ? "null" : goArray(layers.map(layer => descriptorJson(objectOf(layer))));
}

function configJson(config: Document): string {
  const rootfs = objectOf(config.rootfs);
  return goObject([
    ["architecture", goString(textOf(config.architecture))],
    ["author", text(config.author)],
    ["container", text(config.container)],
    ["created", zeroTime],
    ["docker_version", text(config.docker_version)],
    ["history", list(config.history, entry => historyJson(objectOf(entry)))],
    ["os", goString(textOf(config.os))],
    [
      "rootfs",
      goObject([
        ["type", goString(textOf(rootfs.type))],
        ["diff_ids", rootfs.diff_ids == null ? "null" : goArray((listOf(rootfs.diff_ids) ?? []).map(asString))],
      ]),
    ],
    ["config", runConfigJson(objectOf(config.config))],
    ["os.version", text(config["os.version"])],
    ["variant", text(config.variant)],
    ["os.features", strings(config["os.features"])],
  ]);
}

function historyJson(entry: Document): string {
  return goObject([
    ["author", text(entry.author)],
    ["created", timeJson(entry.created)],
    ["created_by", text(entry.created_by)],
    ["comment", text(entry.comment)],
    ["empty_layer", flag(entry.empty_layer)],
  ]);
}

/** Without labels. */
function runConfigJson(config: Document): string {
  return goObject([
    ["AttachStderr", flag(config.AttachStderr)],
    ["AttachStdin", flag(config.AttachStdin)],
    ["AttachStdout", flag(config.AttachStdout)],
    ["Cmd", strings(config.Cmd)],
    ["Healthcheck", config.Healthcheck == null ? null : healthJson(objectOf(config.Healthcheck))],
    ["Domainname", text(config.Domainname)],
    ["Entrypoint", strings(config.Entrypoint)],
    ["Env", strings(config.Env)],
    ["Hostname", text(config.Hostname)],
    ["Image", text(config.Image)],
    ["OnBuild", strings(config.OnBuild)],
    ["OpenStdin", flag(config.OpenStdin)],
    ["StdinOnce", flag(config.StdinOnce)],
    ["Tty", flag(config.Tty)],
    ["User", text(config.User)],
    ["Volumes", emptySets(config.Volumes)],
    ["WorkingDir", text(config.WorkingDir)],
    ["ExposedPorts", emptySets(config.ExposedPorts)],
    ["ArgsEscaped", flag(config.ArgsEscaped)],
    ["NetworkDisabled", flag(config.NetworkDisabled)],
    ["MacAddress", text(config.MacAddress)],
    ["StopSignal", text(config.StopSignal)],
    ["Shell", strings(config.Shell)],
  ]);
}

function healthJson(check: Document): string {
  return goObject([
    ["Test", strings(check.Test)],
    ["Interval", number(check.Interval)],
    ["Timeout", number(check.Timeout)],
    ["StartPeriod", number(check.StartPeriod)],
    ["Retries", number(check.Retries)],
  ]);
}

function descriptorJson(descriptor: Document): string {
  const platform = descriptor.platform == null ? null : objectOf(descriptor.platform);
  const annotations = Object.entries(objectOf(descriptor.annotations));
  return goObject([
    ["mediaType", goString(textOf(descriptor.mediaType))],
    ["size", whole(descriptor.size)],
    ["digest", asString(descriptor.digest)],
    ["data", text(descriptor.data)],
    ["urls", strings(descriptor.urls)],
    [
      "annotations",
      annotations.length === 0 ? null : goMap(annotations.map(([name, value]) => [name, asString(value)])),
    ],
    ["platform", platform && platformJson(platform)],
    ["artifactType", text(descriptor.artifactType)],
  ]);
}

function platformJson(platform: Document): string {
  return goObject([
    ["architecture", goString(textOf(platform.architecture))],
    ["os", goString(textOf(platform.os))],
    ["os.version", text(platform["os.version"])],
    ["os.features", strings(platform["os.features"])],
    ["variant", text(platform.variant)],
    ["features", strings(platform.features)],
  ]);
}

/** Go writes a time as RFC 3339 without zeros at the end of the fraction, and no time as that of year 1. */
function timeJson(value: unknown): string {
  if (value == null) return zeroTime;
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9})\d*)?(Z|[+-]\d\d:\d\d)$/.exec(textOf(value));
  if (match === null) throw damaged("a time of the base's config");
  const fraction = (match[2] ?? "").replace(/0+$/, "");
  const zone = /^[+-]00:00$/.test(match[3] as string) ? "Z" : match[3];
  return `"${match[1]}${fraction === "" ? "" : `.${fraction}`}${zone}"`;
}

function parse(json: string, what: string): Document {
  try {
    return objectOf(JSON.parse(json));
  } catch (error) {
    throw damaged(what, error);
  }
}

function objectOf(value: unknown): Document {
  if (value == null) return {};
  if (typeof value !== "object" || Array.isArray(value)) throw damaged("the base's manifest or config");
  return value as Document;
}

function listOf(value: unknown): readonly unknown[] | null {
  if (value == null) return null;
  if (!Array.isArray(value)) throw damaged("the base's manifest or config");
  return value;
}

function textOf(value: unknown): string {
  if (value == null) return "";
  if (typeof value !== "string") throw damaged("the base's manifest or config");
  return value;
}

const asString = (value: unknown): string => goString(textOf(value));

/** `omitempty`. */
function text(value: unknown): GoJson {
  const found = textOf(value);
  return found === "" ? null : goString(found);
}

function flag(value: unknown): GoJson {
  return value === true ? "true" : null;
}

function whole(value: unknown): string {
  if (!Number.isSafeInteger(value)) throw damaged("a number of the base's manifest or config");
  return String(value);
}

function number(value: unknown): GoJson {
  return value == null || value === 0 ? null : whole(value);
}

function list(value: unknown, write: (item: unknown) => string): GoJson {
  const items = listOf(value) ?? [];
  return items.length === 0 ? null : goArray(items.map(write));
}

function strings(value: unknown): GoJson {
  return list(value, asString);
}

function emptySets(value: unknown): GoJson {
  const names = Object.keys(objectOf(value));
  return names.length === 0 ? null : goMap(names.map(name => [name, "{}"]));
}

function damaged(what: string, cause?: unknown): LabError {
  return new LabError("damaged", `${what} is not of the form that images have`, { cause });
}
