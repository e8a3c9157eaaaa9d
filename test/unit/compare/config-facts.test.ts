import { expect, test } from "vitest";
import { compareConfigs } from "../../../lib/compare/config-facts.ts";
import { parseImageConfig } from "../../../lib/image/config.ts";

function configOf(config: object, more: object = {}) {
  const document = { os: "linux", architecture: "amd64", config, rootfs: { type: "layers", diff_ids: [] }, ...more };
  return parseImageConfig(JSON.stringify(document), "a test's config");
}

const whole = {
  Env: ["PATH=/bin", "A=1=2", "API_TOKEN=secret-value"],
  Cmd: ["run"],
  Entrypoint: ["/entry"],
  User: "1000",
  WorkingDir: "/app",
  Labels: { title: "a" },
  ExposedPorts: { "80/tcp": {} },
  Volumes: { "/data": {} },
  Healthcheck: { Test: ["CMD", "true"], Interval: 1 },
  StopSignal: "SIGINT",
  Shell: ["/bin/sh", "-c"],
  OnBuild: ["RUN x"],
};

test("equal configs have no changes", () => {
  expect(compareConfigs(configOf(whole), configOf(whole))).toEqual([]);
  expect(compareConfigs(null, null)).toEqual([]);
});

test("every field is compared, by name where there are many", () => {
  const other = {
    Env: ["PATH=/bin:/usr/bin", "A=1=2", "NEW="],
    Cmd: ["run", "fast"],
    Entrypoint: null,
    User: "0",
    WorkingDir: "/",
    Labels: { title: "b", more: "c" },
    ExposedPorts: { "443/tcp": {} },
    Volumes: {},
    Healthcheck: { Test: ["NONE"] },
    StopSignal: "SIGTERM",
    Shell: ["/bin/bash", "-c"],
    OnBuild: null,
  };
  const changes = compareConfigs(
    configOf(whole),
    configOf(other, { os: "linux", architecture: "arm64", variant: "v8" }),
  );
  expect(changes.map(({ field, name, kind, before, after }) => [kind, field, name, before, after])).toEqual([
    ["M", "architecture", "", "amd64", "arm64"],
    ["A", "variant", "", null, "v8"],
    ["M", "env", "PATH", "/bin", "/bin:/usr/bin"],
    ["D", "env", "API_TOKEN", "***", null],
    ["A", "env", "NEW", null, ""],
    ["M", "user", "", "1000", "0"],
    ["M", "workdir", "", "/app", "/"],
    ["D", "entrypoint", "", '["/entry"]', null],
    ["M", "cmd", "", '["run"]', '["run","fast"]'],
    ["M", "shell", "", '["/bin/sh","-c"]', '["/bin/bash","-c"]'],
    ["M", "label", "title", "a", "b"],
    ["A", "label", "more", null, "c"],
    ["D", "port", "80/tcp", "", null],
    ["A", "port", "443/tcp", null, ""],
    ["D", "volume", "/data", "", null],
    ["M", "healthcheck", "", '{"Test":["CMD","true"],"Interval":1}', '{"Test":["NONE"]}'],
    ["M", "stop-signal", "", "SIGINT", "SIGTERM"],
    ["D", "onbuild", "RUN x", "", null],
  ]);
});

test("of what is called like a secret it is told that it changed, and no value", () => {
  const other = { ...whole, Env: ["PATH=/bin", "A=1=2", "API_TOKEN=other-value"], Labels: { title: "a" } };
  const changes = compareConfigs(configOf(whole), configOf(other));
  expect(changes).toEqual([{ field: "env", name: "API_TOKEN", kind: "M", before: "***", after: "***", masked: true }]);
});

test("beside an image without a config everything was added", () => {
  const changes = compareConfigs(null, configOf({ User: "1" }));
  expect(changes.map(({ kind, field }) => `${kind} ${field}`)).toEqual(["A os", "A architecture", "A user"]);
});

test("a config whose fields have another form is damaged", () => {
  const bad = configOf({ ExposedPorts: 80 });
  expect(() => compareConfigs(bad, bad)).toThrow(expect.objectContaining({ code: "damaged" }));
});
