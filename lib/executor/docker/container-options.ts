import type Docker from "dockerode";
import { executorCapabilities } from "../capabilities.ts";
import type { ImageProgram } from "../port.ts";
import type { ExecutorImage } from "./executor-image.ts";
import { ownerLabels } from "./owner-labels.ts";

export interface ContainerPlan {
  readonly name: string;
  readonly image: ExecutorImage;
  readonly args: readonly string[];
  readonly program?: ImageProgram | undefined;
  /** Whether it may be left for looking. */
  readonly keep?: boolean;
  readonly env: Readonly<Record<string, string>>;
  readonly mounts: readonly Docker.MountSettings[];
  readonly network: "default" | "host" | "none";
  /** Full path of dlv in the image and the port it listens on; null for an ordinary run. */
  readonly debugger: { readonly dlv: string; readonly port: number } | null;
}

/** The create request for an executor's container. Environment values travel in its body, never in an argument list. */
export function containerOptions(plan: ContainerPlan): Docker.ContainerCreateOptions {
  return {
    name: plan.name,
    Image: plan.image.id,
    ...command(plan),
    ...(plan.program ? { WorkingDir: plan.program.workingFolder } : {}),
    Env: Object.entries(plan.env).map(([name, value]) => `${name}=${value}`),
    Labels: ownerLabels(plan.keep),
    AttachStdin: false,
    AttachStdout: true,
    AttachStderr: true,
    Tty: false,
    HostConfig: {
      Privileged: false,
      CapDrop: ["ALL"],
      CapAdd: [...executorCapabilities],
      // Labels of files would hide bind mounts from the container where SELinux is enforced; elsewhere this says nothing.
      SecurityOpt: plan.mounts.some(mount => mount.Type === "bind") ? ["label=disable"] : [],
      Mounts: [...plan.mounts],
      AutoRemove: false,
      // No init process: engines mount theirs at /sbin/docker-init, and a base whose /sbin is a link then unpacks wrongly or not at all.
      Init: false,
      // The lines are read as they come; keeping them a second time only fills the engine's disk.
      LogConfig: { Type: "none", Config: {} },
      ...(plan.network === "default" ? {} : { NetworkMode: plan.network }),
      ...publishedPort(plan),
    },
    ...(plan.debugger && plan.network === "default" ? { ExposedPorts: { [`${plan.debugger.port}/tcp`]: {} } } : {}),
  };
}

function command({ image, args, program, debugger: debug, network }: ContainerPlan): {
  Entrypoint: string[];
  Cmd: string[];
} {
  if (debug === null) return { Entrypoint: [...(program?.command ?? image.entrypoint)], Cmd: [...args] };
  // On the host's network, dlv itself must keep to loopback; in a network of its own, the published port does.
  const listen = `--listen=${network === "host" ? "127.0.0.1" : ""}:${debug.port}`;
  const dlv = [debug.dlv, "exec", listen, "--headless", "--api-version=2", "--accept-multiclient", "/kaniko/executor"];
  return { Entrypoint: dlv, Cmd: ["--", ...args] };
}

function publishedPort({ debugger: debug, network }: ContainerPlan): Docker.HostConfig {
  if (debug === null || network !== "default") return {};
  return { PortBindings: { [`${debug.port}/tcp`]: [{ HostIp: "127.0.0.1", HostPort: String(debug.port) }] } };
}
