import { expect, test } from "vitest";
import type { ResolvedMount } from "../../../lib/executor/docker/resolve-mounts.ts";
import { defaultKubernetesOptions } from "../../../lib/executor/kubernetes/kubernetes-options.ts";
import { nodePathOf, planRun } from "../../../lib/executor/kubernetes/plan-run.ts";

const mount = (path: string, hostPath: string, readOnly: boolean): ResolvedMount => ({
  path,
  hostPath,
  readOnly,
  isFile: false,
});
const mounts = [
  mount("/workspace", "/home/me/app", true),
  mount("/cache", "/home/me/cache/layer-cache", false),
  mount("/output", "/home/me/cache/out", false),
];
const source = { kind: "image", reference: "kaniko:v1" } as const;
const args = [
  ...["--context", "dir:///workspace", "--dockerfile", "/workspace/docker/Dockerfile"],
  ...["--cache", "--cache-repo", "oci:/cache/layers"],
];
const plan = (options: Partial<typeof defaultKubernetesOptions>, more: readonly string[] = []) =>
  planRun(source, [...args, ...more], mounts, { ...defaultKubernetesOptions, ...options });

test("everything goes through exec when nothing else is said", () => {
  const { context, results, placed, helperImage } = plan({});
  expect([context, results, helperImage]).toEqual(["exec", "exec", "busybox:1.37"]);
  expect(placed.map(({ place }) => place)).toEqual(["workspace", "cache", "output"]);
  expect(placed.filter(({ isLayerCache }) => isLayerCache).map(({ mount }) => mount.path)).toEqual(["/cache"]);
});

test("a folder that the node has is mounted, what is written still comes through exec", () => {
  const { context, placed } = plan({ hostPaths: [{ local: "/home/me", node: "/mnt/me" }] });
  expect(context).toBe("host-path");
  expect(placed[0]?.pod).toMatchObject({ kind: "host-path", nodePath: "/mnt/me/app" });
  expect(placed[2]?.pod).toMatchObject({ kind: "volume" });
});

test("by standard input the context is no mount, and the Dockerfile is found in it", () => {
  const { takesInput, args: given, placed } = plan({ contextTransport: "stdin" });
  expect(takesInput).toBe(true);
  expect(given.slice(0, 4)).toEqual(["--context", "tar://stdin", "--dockerfile", "docker/Dockerfile"]);
  expect(placed.map(({ mount }) => mount.path)).toEqual(["/cache", "/output"]);
});

test("a claim keeps the layer cache apart from runs", () => {
  expect(plan({ claim: "builds" }).placed[1]?.place).toMatch(/^\/layer-cache\/[0-9a-f]{16}$/);
});

test("a debug image is its own helper", () => {
  const debug = { kind: "image", reference: "ghcr.io/osscontainertools/kaniko:v1.28.3-debug" } as const;
  expect(planRun(debug, args, mounts, defaultKubernetesOptions).helperImage).toBe(debug.reference);
});

test("an executor that is a file, and transports that cannot be, are refused with a way out", () => {
  const binary = { kind: "binary", file: "/out/executor" } as const;
  expect(() => planRun(binary, args, mounts, defaultKubernetesOptions)).toThrow(/cannot take \/out\/executor/);
  expect(() => plan({ contextTransport: "host-path" })).toThrow(/not told where the node has \/home\/me\/app/);
  expect(() => plan({ resultTransport: "registry" })).toThrow(/pushed nowhere/);
});

test("the longest folder that fits tells the node's", () => {
  const paths = [
    { local: "/a", node: "/x" },
    { local: "/a/b", node: "/y" },
  ];
  expect(nodePathOf("/a/b/c", paths)).toBe("/y/c");
  expect(nodePathOf("/a/bc", paths)).toBe("/x/bc");
  expect(nodePathOf("/a", paths)).toBe("/x");
  expect(nodePathOf("/b", paths)).toBeNull();
});

test("base images of a claim are for an executor that looks there", () => {
  const { args: given, ofCluster } = plan({ baseClaim: "bases" });
  expect(given.slice(-2)).toEqual(["--cache-dir", "/base-images"]);
  expect(ofCluster).toEqual([{ kind: "claim", path: "/base-images", claim: "bases" }]);
  const options = { ...defaultKubernetesOptions, baseClaim: "bases" };
  const withoutCache = args.filter(arg => arg !== "--cache");
  for (const off of [withoutCache, [...args, "--cache=false"]]) {
    expect(() => planRun(source, off, mounts, options)).toThrow("--base-claim does nothing with --cache off");
  }
  const program = { command: ["sh"], workingFolder: "/workspace" };
  const other = planRun(source, ["-c", "true"], mounts, options, program);
  expect([other.args, other.ofCluster]).toEqual([["-c", "true"], []]);
});
