import { existsSync } from "node:fs";
import { readdir } from "node:fs/promises";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { program } from "../../support/built-program.ts";
import { startInPty } from "../../support/pty-program.ts";
import { anyDriver, busybox, hasProgram, missing, Place, processesNaming, skipNote, whyNot } from "../build/support.ts";
import { docker } from "../cluster/support.ts";
import {
  helperImage,
  inCluster,
  kubeconfig,
  missing as missingCluster,
  Namespace,
} from "../kubernetes-driver/support.ts";

const staticBusybox = "/bin/busybox";
const seconds = String(100_000 + process.pid);

const dockerfile = `FROM ${busybox}
ENV GREETING=hello
WORKDIR /work
RUN echo one >first; chown 1234:5678 first
RUN rm first; echo two >second; ln second third
ENV GREETING=later
`;

interface Way {
  readonly driver: "sandbox" | "docker" | "kubernetes";
  readonly missing: string;
}

const ways: readonly Way[] = [
  { driver: "sandbox", missing: whyNot("sandbox") },
  { driver: "docker", missing: whyNot("docker") },
  { driver: "kubernetes", missing: missing || missingCluster },
];

describe.skipIf(missing)(`shell${skipNote(missing)}`, () => {
  let place: Place;
  let bare: Place;
  let namespace: Namespace | null = null;

  beforeAll(async () => {
    place = await Place.create({ Dockerfile: dockerfile });
    await place.build({ driver: anyDriver });
    bare = await Place.create({ Dockerfile: "FROM scratch\nCOPY data /data\n", data: "content\n" });
    await bare.build({ driver: anyDriver });
    if (missingCluster === "") namespace = new Namespace();
  });
  afterAll(async () => {
    namespace?.remove();
    await place.remove();
    await bare.remove();
  });

  const argsFor = ({ driver }: Way, ...more: string[]) => [
    ...["shell", "latest", "--driver", driver],
    ...(driver === "kubernetes" ? ["--namespace", namespace?.name ?? "", "--helper-image", helperImage] : []),
    ...more,
  ];

  /** What a shell could have left. */
  async function leftovers(of: Place): Promise<string[]> {
    const ofEngine = whyNot("docker") === "" ? docker("ps", "-a", "--format", "{{.Names}}").split("\n") : [];
    const images = whyNot("docker") === "" ? docker("images", "--format", "{{.Repository}}:{{.Tag}}").split("\n") : [];
    const runs = join(of.cache, "drivers/sandbox/runs");
    return [
      ...ofEngine.filter(name => name.startsWith("kaniko-lab-shell-")),
      ...images.filter(name => name.includes(":shell-")),
      ...(existsSync(runs) ? await readdir(runs) : []),
      ...(namespace?.leftovers() ?? []),
    ];
  }

  for (const way of ways) {
    describe.skipIf(way.missing)(`${way.driver}${skipNote(way.missing)}`, () => {
      const run = (of: Place, ...more: string[]) => inCluster(of, argsFor(way, ...more), kubeconfig);

      test("a program sees the tree of the step, and its exit status is passed on", async () => {
        const at4 = await run(
          place,
          "--step",
          "4",
          "--",
          "sh",
          "-c",
          "pwd; ls; stat -c %u:%g first; echo no >&2; exit 7",
        );
        expect(at4.stdout).toBe("/work\nfirst\n1234:5678\n");
        expect(at4.stderr).toContain("no\n");
        expect(at4.status).toBe(7);
        const at5 = await run(place, "--step", "5", "--", "sh", "-c", 'ls; echo "$GREETING"; stat -c %h second');
        expect(at5.stdout).toBe("second\nthird\nhello\n2\n");
        expect((await run(place, "--", "sh", "-c", 'echo "$GREETING"')).stdout).toBe("later\n");
        expect(await leftovers(place)).toEqual([]);
      });

      test("the devices that programs want are there", async () => {
        const { status, stdout } = await run(place, "--", "sh", "-c", "echo x >/dev/null; head -c 4 /dev/zero | wc -c");
        expect(stdout.trim()).toBe("4");
        expect(status).toBe(0);
      });

      test("what is not kept: a change of the tree is not there the next time", async () => {
        expect((await run(place, "--", "sh", "-c", "rm -rf /work /bin/busybox; echo done")).stdout).toBe("done\n");
        expect((await run(place, "--", "ls", "/work")).stdout).toBe("second\nthird\n");
      });

      const noBusybox = existsSync(staticBusybox) ? "" : `no ${staticBusybox}`;
      test.skipIf(noBusybox)(`a lent busybox works in an image without a shell${skipNote(noBusybox)}`, async () => {
        const { status, stdout } = await run(bare, "--busybox", staticBusybox, "--", "sh", "-c", "cat /data; exit 3");
        expect(stdout).toBe("content\n");
        expect(status).toBe(3);
      });

      test("SIGTERM ends it and leaves nothing", async () => {
        const child = place.start(argsFor(way, "--", "sh", "-c", `echo up; sleep ${seconds}`), {
          env: { KUBECONFIG: kubeconfig },
        });
        await new Promise(resolve => child.stdout.once("data", resolve));
        child.kill("SIGTERM");
        const status = await new Promise(resolve => child.once("close", resolve));
        expect(status).toBe(130);
        // The node ends a Pod's processes when it has heard that the Pod is gone.
        await expect.poll(() => processesNaming(`sleep ${seconds}`), { timeout: 30_000 }).toEqual([]);
        expect(await leftovers(place)).toEqual([]);
      });

      const noTerminal = way.driver === "sandbox" && !hasProgram("script") ? "no script of util-linux" : "";
      test.skipIf(noTerminal)(`a terminal: its size, Ctrl-C, the exit status${skipNote(noTerminal)}`, async () => {
        const config = process.env.KUBECONFIG;
        process.env.KUBECONFIG = kubeconfig;
        const pty = startInPty(
          [process.execPath, program, ...argsFor(way), "--cache-dir", place.cache, "--step", "5"],
          100,
          30,
        );
        process.env.KUBECONFIG = config ?? "";
        if (config === undefined) delete process.env.KUBECONFIG;
        const { terminal } = pty;
        await terminal.waitFor(/\/work #/);
        // What a Pod may not have is said where somebody types.
        expect(terminal.text().replaceAll("\n", "").includes("/proc and /sys are empty")).toBe(
          way.driver === "kubernetes",
        );
        pty.type("stty size\r");
        await terminal.waitFor(/^30 100/m);
        pty.resize(90, 25);
        const sizes = () => terminal.text().match(/^\d+ \d+$/gm) ?? [];
        // It learns of the new size when the signal has come to it.
        while (sizes().at(-1) !== "25 90") {
          const before = sizes().length;
          pty.type("stty size\r");
          await terminal.waitFor(() => sizes().length > before);
        }
        pty.type("clear; echo begin; cat\r");
        await terminal.waitFor(/^begin/m);
        pty.type("typed\r");
        await terminal.waitFor(/typed\n+typed/);
        pty.type("\x03");
        await terminal.waitFor(/\^C/);
        pty.type("echo still; exit 5\r");
        expect((await pty.exited).exitCode).toBe(5);
        expect(await leftovers(place)).toEqual([]);
      });
    });
  }

  test("an image without a shell: what is there, and how", async () => {
    const { status, stderr } = await bare.run(["shell", "latest"]);
    expect(stderr).toContain("there is no shell at step 2");
    expect(stderr).toContain("--busybox FILE");
    expect(status).toBe(1);
    const named = await place.run(["shell", "latest", "--", "perl"]);
    expect(named.stderr).toMatch(/there is no program perl .*programs there: \/bin\//);
    expect(named.status).toBe(1);
  });
});
