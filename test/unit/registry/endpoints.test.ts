import { expect, test } from "vitest";
import { endpointsOf, kanikoRegistryMap, parseRegistryMap } from "../../../lib/registry/endpoints.ts";

const hub = { registry: "docker.io", repository: "library/busybox" };
const quay = { registry: "quay.io", repository: "o/app" };

test("mirrors are for Docker Hub only and keep their path", () => {
  const redirection = { registryMirrors: ["mirror.io/proxy", "other:5000/"] };
  expect(endpointsOf(hub, redirection)).toEqual([
    { registry: "mirror.io", repository: "proxy/library/busybox" },
    { registry: "other:5000", repository: "library/busybox" },
    hub,
  ]);
  expect(endpointsOf(quay, redirection)).toEqual([quay]);
});

test("maps come before mirrors; Docker Hub has two names", () => {
  const redirection = {
    registryMap: parseRegistryMap("index.docker.io=a.io;quay.io=b.io/q;docker.io=c.io"),
    registryMirrors: ["m.io"],
  };
  expect(endpointsOf(hub, redirection).map(endpoint => endpoint.registry)).toEqual([
    "a.io",
    "c.io",
    "m.io",
    "docker.io",
  ]);
  expect(endpointsOf(quay, redirection)[0]).toEqual({ registry: "b.io", repository: "q/o/app" });
});

test.each(["a", "a=", "=b", "a=b=c"])("%j is no registry map", text => {
  expect(() => parseRegistryMap(text)).toThrow(expect.objectContaining({ code: "usage" }));
});

test("a replacement with a scheme is refused by name", () => {
  expect(() => endpointsOf(hub, { registryMirrors: ["https://mirror.io"] })).toThrow(/https:\/\/mirror\.io/);
});

test("Kaniko gets Docker Hub under its own name for it, and all replacements", () => {
  expect(kanikoRegistryMap("docker.io=a.io/proxy;quay.io=b.io;index.docker.io=c.io")).toBe(
    "index.docker.io=a.io/proxy;quay.io=b.io;index.docker.io=c.io",
  );
});

test("an original with a path is refused: Kaniko would never find it", () => {
  expect(() => kanikoRegistryMap("harbor.io/dockerhub=m.io")).toThrow(
    expect.objectContaining({ code: "usage", hint: expect.stringContaining("harbor.io=HOST[/PATH]") }),
  );
});
