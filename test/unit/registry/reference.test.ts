import { describe, expect, test } from "vitest";
import { formatReference, parseReference } from "../../../lib/registry/reference.ts";

const digest = `sha256:${"a".repeat(64)}`;

describe("parseReference", () => {
  test.each([
    ["busybox", "docker.io", "library/busybox", "latest", null],
    ["busybox:1.36", "docker.io", "library/busybox", "1.36", null],
    ["owner/app", "docker.io", "owner/app", "latest", null],
    ["index.docker.io/busybox", "docker.io", "library/busybox", "latest", null],
    ["docker.io/owner/app:x", "docker.io", "owner/app", "x", null],
    ["localhost/app", "localhost", "app", "latest", null],
    ["localhost:5000/a/b/c:1", "localhost:5000", "a/b/c", "1", null],
    ["127.0.0.1:5000/base/busybox:1", "127.0.0.1:5000", "base/busybox", "1", null],
    ["[::1]:5000/app", "[::1]:5000", "app", "latest", null],
    ["ghcr.io/o/k", "ghcr.io", "o/k", "latest", null],
    ["Host/app", "Host", "app", "latest", null],
    [`host:1/name@${digest}`, "host:1", "name", null, digest],
    [`host:1/name:tag@${digest}`, "host:1", "name", "tag", digest],
    ["a__b/c--d/e.f", "docker.io", "a__b/c--d/e.f", "latest", null],
  ])("%s", (text, registry, repository, tag, expectedDigest) => {
    expect(parseReference(text)).toEqual({ registry, repository, tag, digest: expectedDigest });
    expect(parseReference(formatReference(parseReference(text)))).toEqual(parseReference(text));
  });

  test.each([
    "",
    "Busybox",
    "a//b",
    "host:5000/",
    "name:",
    "name:-tag",
    `name:${"t".repeat(129)}`,
    "name@sha256:abc",
    `name@sha512:${"a".repeat(128)}`,
    "../x",
    "host.io/a/../b",
    "a/b?c=d",
    "a b",
    "http://host/name",
    "user:pw@host.io/name",
    `h.io/${"a".repeat(256)}`,
    "h.io/name:tag\r\nHeader: x",
    "a___b",
  ])("refuses %j", text => {
    expect(() => parseReference(text)).toThrow(expect.objectContaining({ code: "usage" }));
  });

  test("a hostile name is refused without searching for long", () => {
    expect(() => parseReference(`${"a-".repeat(2000)}!`)).toThrow(expect.objectContaining({ code: "usage" }));
    expect(() => parseReference(`h.io/${"a.".repeat(120)}!`)).toThrow(expect.objectContaining({ code: "usage" }));
  });
});
