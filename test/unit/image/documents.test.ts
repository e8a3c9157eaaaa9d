import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { parseImageConfig } from "../../../lib/image/config.ts";
import { parseManifest } from "../../../lib/image/manifest.ts";

const digest = (digit: string) => `sha256:${digit.repeat(64)}`;
const config = { mediaType: "application/vnd.docker.container.image.v1+json", digest: digest("a"), size: 10 };
const json = (value: unknown) => JSON.stringify(value);

describe("parseManifest", () => {
  test("an image of Docker schema 2", () => {
    const layer = { mediaType: "application/vnd.docker.image.rootfs.diff.tar.gzip", digest: digest("b"), size: 20 };
    expect(parseManifest(json({ schemaVersion: 2, config, layers: [layer] }), "m")).toMatchObject({
      kind: "image",
      config: { digest: digest("a"), sizeBytes: 10 },
      layers: [{ digest: digest("b"), sizeBytes: 20, mediaType: layer.mediaType, platform: null }],
    });
  });

  test("an index with platforms", () => {
    const entry = { digest: digest("b"), size: 20, platform: { architecture: "arm64", os: "linux", variant: "v8" } };
    expect(parseManifest(json({ schemaVersion: 2, manifests: [entry] }), "m")).toMatchObject({
      kind: "index",
      manifests: [{ mediaType: "", platform: { os: "linux", architecture: "arm64", variant: "" }, annotations: {} }],
    });
  });

  test.each([
    ["schema 1", { schemaVersion: 1, fsLayers: [] }, "schemaVersion: schema version 2 expected"],
    ["both at once", { schemaVersion: 2, config, manifests: [] }, "a manifest and an index at once"],
    ["neither", { schemaVersion: 2 }, "neither config nor manifests"],
    [
      "a digest with a path in it",
      { schemaVersion: 2, config: { ...config, digest: "sha256:../x" } },
      "config.digest: a sha256 digest",
    ],
    ["a negative size", { schemaVersion: 2, config: { ...config, size: -1 } }, "config.size: a size in bytes expected"],
    [
      "a size that is no number",
      { schemaVersion: 2, config: { ...config, size: "9" } },
      "config.size: number expected",
    ],
    ["no object", [], "object expected"],
  ])("%s is damaged, and says where", (_what, document, message) => {
    expect(() => parseManifest(json(document), "manifest m")).toThrow(
      expect.objectContaining({ code: "damaged", message: expect.stringContaining(message) }),
    );
    expect(() => parseManifest(json(document), "manifest m")).toThrow(/^manifest m is damaged/);
  });

  test("too many layers, too many bytes", () => {
    const layers = Array.from({ length: 10_001 }, () => config);
    expect(() => parseManifest(json({ schemaVersion: 2, config, layers }), "m")).toThrow(/more than 10000 entries/);
    expect(() => parseManifest(" ".repeat(9 << 20), "m")).toThrow(expect.objectContaining({ code: "too-large" }));
  });
});

describe("parseImageConfig", () => {
  test("what Kaniko writes: year 1 is no time, null is nothing", () => {
    const parsed = parseImageConfig(
      json({
        os: "linux",
        architecture: "amd64",
        created: "0001-01-01T00:00:00Z",
        config: { Env: ["A=1"], Cmd: null, Entrypoint: ["/x"], Labels: { a: "b" }, User: "", WorkingDir: "/w" },
        rootfs: { type: "layers", diff_ids: [digest("c")] },
        history: [
          { created_by: "RUN x", created: "2026-01-02T03:04:05Z" },
          { empty_layer: true, comment: "c" },
        ],
      }),
      "c",
    );
    expect(parsed).toMatchObject({
      created: null,
      env: ["A=1"],
      cmd: null,
      entrypoint: ["/x"],
      labels: { a: "b" },
      workingDir: "/w",
      diffIds: [digest("c")],
      history: [
        { createdBy: "RUN x", created: "2026-01-02T03:04:05Z", comment: "", emptyLayer: false },
        { createdBy: "", created: null, comment: "c", emptyLayer: true },
      ],
    });
  });

  test("the least there can be", () => {
    expect(parseImageConfig('{"config":null,"history":null,"rootfs":{"diff_ids":null}}', "c")).toMatchObject({
      os: "",
      env: [],
      entrypoint: null,
      diffIds: [],
      history: [],
    });
  });

  test("a label that is called __proto__ changes nothing", () => {
    const { labels } = parseImageConfig('{"config":{"Labels":{"__proto__":"x"}},"rootfs":{"diff_ids":[]}}', "c");
    expect(Object.getPrototypeOf(labels)).toBe(Object.prototype);
  });

  test.each(["{}", '{"rootfs":{"diff_ids":["sha256:x"]}}', '{"rootfs":{"diff_ids":[]},"config":{"Env":[1]}}', "null"])(
    "%s is damaged",
    document => {
      expect(() => parseImageConfig(document, "c")).toThrow(expect.objectContaining({ code: "damaged" }));
    },
  );
});

test("whatever the document, nothing but a LabError comes out", () => {
  fc.assert(
    fc.property(fc.json(), document => {
      for (const parse of [parseManifest, parseImageConfig]) {
        try {
          parse(document, "d");
        } catch (error) {
          expect(error).toMatchObject({ name: "LabError" });
        }
      }
    }),
  );
});
