/** Imports the Kubernetes client where it is needed first: from source it takes 0.7 s, bundled 0.1 s. */
export function importClient(): Promise<typeof import("./client-parts.ts")> {
  return import("./client-parts.ts");
}
