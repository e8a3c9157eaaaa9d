/** Imports the Kubernetes client where it is needed first: it takes 0.7 s. */
export function importClient(): Promise<typeof import("@kubernetes/client-node")> {
  return import("@kubernetes/client-node");
}
