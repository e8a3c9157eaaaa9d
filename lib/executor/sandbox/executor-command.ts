/** The executor's command line in its root. With a debug port the debugger runs it and waits for a client. */
export function executorCommand(
  entrypoint: readonly string[],
  args: readonly string[],
  debug: { readonly port: number; readonly debugger: string } | null,
): string[] {
  if (debug === null) return [...entrypoint, ...args];
  const [program, ...first] = entrypoint;
  const listen = [`--listen=:${debug.port}`, "--headless", "--api-version=2", "--accept-multiclient"];
  return [debug.debugger, "exec", ...listen, program as string, "--", ...first, ...args];
}
