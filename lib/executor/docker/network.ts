import type { RunRequest } from "../port.ts";

/** A host of this machine as a registry, a proxy or an address writes it: with a port or a path behind it, or at the end. */
const loopbackHost = /(?:^|[=,;@/\s])(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?=[:/,;]|$)/i;

/** Flags whose value is free text: a host in it is never contacted. */
const textFlags = /^--(?:label|annotation)$/;

/**
 * Whether the executor must share the engine's network: inside a network of its own, `localhost` is the container itself.
 * So when a registry, base image, mirror, context, proxy or receiver that the request names is on loopback, only the
 * host's network reaches it. Everything else keeps the engine's usual, separate network.
 */
export function needsHostNetwork(request: Pick<RunRequest, "args" | "env" | "insecureRegistries">): boolean {
  const values = [...request.insecureRegistries, ...contactedArgs(request.args), ...Object.values(request.env)];
  return values.some(value => loopbackHost.test(value));
}

function contactedArgs(args: readonly string[]): string[] {
  return args.filter((arg, position) => {
    const flag = arg.split("=", 1)[0] as string;
    return !textFlags.test(flag) && !textFlags.test(args[position - 1] ?? "");
  });
}
