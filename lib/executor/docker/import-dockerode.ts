import type Docker from "dockerode";

/**
 * Imports dockerode where it is needed first: it takes 0.3 s.
 *
 * Its debug output prints whole requests, headers with credentials included, and is switched on by `DEBUG=*`, a name that
 * builds use for their own ends. It is read once, while the module loads; so that is when it must not be there.
 */
export async function importDockerode(): Promise<typeof Docker> {
  const saved = process.env.DEBUG;
  delete process.env.DEBUG;
  try {
    return (await import("dockerode")).default;
  } finally {
    if (saved !== undefined) process.env.DEBUG = saved;
  }
}
