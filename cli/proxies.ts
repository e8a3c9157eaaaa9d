import { LabError, messageOf } from "../lib/error.ts";

const variables = ["https_proxy", "HTTPS_PROXY", "http_proxy", "HTTP_PROXY"] as const;
/** As in Go's net/http, and so in Kaniko: whatever NO_PROXY says, this machine is asked directly. */
const thisMachine = "localhost,127.0.0.1,::1";

/**
 * From now on this process asks registries through the proxies that the environment names. Node does that by itself only
 * when it is told to before it starts; setting it up takes longer than a listing, so it waits for the first request.
 */
export function takeProxies(env: NodeJS.ProcessEnv = process.env): void {
  if (!variables.some(name => env[name])) return;
  const { fetch } = globalThis;
  let ready: Promise<void> | null = null;
  globalThis.fetch = async (...request) => {
    ready ??= setUp(env);
    await ready;
    return fetch(...request);
  };
}

/** @throws LabError `usage` for an address that is none of a proxy. */
async function setUp(env: NodeJS.ProcessEnv): Promise<void> {
  const { setGlobalProxyFromEnv } = await import("node:http");
  const exceptions = [env.no_proxy || env.NO_PROXY, thisMachine].filter(Boolean).join(",");
  try {
    setGlobalProxyFromEnv({ ...env, no_proxy: exceptions, NO_PROXY: exceptions });
  } catch (error) {
    const name = variables.find(variable => env[variable]);
    throw new LabError("usage", `${name} names no proxy: ${messageOf(error)}`, {
      hint: `write it as http://HOST:PORT, or unset ${name}`,
      cause: error,
    });
  }
}
