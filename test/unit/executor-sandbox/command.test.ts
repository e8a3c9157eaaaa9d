import { spawnSync } from "node:child_process";
import { describe, expect, test } from "vitest";
import { executorEnvironment } from "../../../lib/executor/sandbox/environment.ts";
import { executorCommand } from "../../../lib/executor/sandbox/executor-command.ts";
import { exitOutput } from "../../../lib/executor/sandbox/exit.ts";
import { enterAndWaitScript, enterScript, setupScript } from "../../../lib/executor/sandbox/setup-script.ts";
import { parseVersion } from "../../../lib/executor/sandbox/version.ts";

describe("the executor's environment", () => {
  test("is what published images set where nothing else is said", () => {
    expect(executorEnvironment([], {}, { PATH: "/secret/bin", EDITOR: "vi" })).toEqual({
      HOME: "/root",
      USER: "root",
      PATH: "/usr/local/bin:/kaniko",
      SSL_CERT_DIR: "/kaniko/ssl/certs",
      DOCKER_CONFIG: "/kaniko/.docker/",
      container: "docker",
    });
  });

  test("takes the image's, then the machine's proxies, then the request's", () => {
    const image = ["PATH=/busybox:/kaniko", "http_proxy=http://image", "EMPTY=", "EQUATION=a=b"];
    const machine = { http_proxy: "http://machine:1", NO_PROXY: "local" };
    const env = executorEnvironment(image, { NO_PROXY: "all", HOME: "/h" }, machine);
    expect(env).toMatchObject({
      PATH: "/busybox:/kaniko",
      http_proxy: "http://machine:1",
      NO_PROXY: "all",
      HOME: "/h",
      EMPTY: "",
      EQUATION: "a=b",
    });
  });

  test("always says that this is a container", () => {
    expect(executorEnvironment(["container="], { container: "no" }, {}).container).toBe("docker");
  });

  test.each(["a-b", "1A", "", "A=B", "KLAB_ENV_0", "klab_root"])("refuses a variable called %j", name => {
    expect(() => executorEnvironment([], { [name]: "x" }, {})).toThrow(expect.objectContaining({ code: "usage" }));
  });
});

describe("the executor's command line", () => {
  test("is the entrypoint and the arguments", () => {
    expect(executorCommand(["/kaniko/executor", "--x"], ["--no-push"], null)).toEqual([
      "/kaniko/executor",
      "--x",
      "--no-push",
    ]);
  });

  test("is run by the debugger where a port is given", () => {
    const command = executorCommand(["/kaniko/executor"], ["--no-push"], { port: 4000, debugger: "/kaniko/dlv" });
    expect(command.join(" ")).toBe(
      "/kaniko/dlv exec --listen=:4000 --headless --api-version=2 --accept-multiclient /kaniko/executor -- --no-push",
    );
  });
});

describe("how an executor ended", () => {
  test("is its exit code", () => {
    expect(exitOutput(7, null)).toEqual({ type: "exit", code: 7, reason: "" });
  });

  test("by a signal counts as a shell counts", () => {
    expect(exitOutput(null, "SIGKILL")).toEqual({ type: "exit", code: 137, reason: "killed, perhaps out of memory" });
    expect(exitOutput(137, null)).toEqual(exitOutput(null, "SIGKILL"));
    expect(exitOutput(null, "SIGSEGV")).toMatchObject({ code: 139 });
  });
});

describe("an executor's version", () => {
  test.each([
    ["v1.28.3", "fork"],
    ["v1.25.0", "fork"],
    ["v2.0.0", "fork"],
    ["v1.24.0", "upstream"],
    ["1.9.1-debug", "upstream"],
    ["unset", "unknown"],
  ])("%s is of family %s", (version, family) => {
    expect(parseVersion(["a warning", `Kaniko version :  ${version}`])).toEqual({ version, family });
  });

  test("is not guessed", () => {
    expect(parseVersion(["Error: unknown command"])).toEqual({ version: "", family: "unknown" });
  });
});

test.each([
  ["enter", enterScript],
  ["enter and wait", enterAndWaitScript],
  ["set-up", setupScript],
])("the %s script is valid for the system's shell", (_, script) => {
  expect(spawnSync("sh", ["-n"], { input: script, encoding: "utf8" })).toMatchObject({ status: 0, stderr: "" });
});
