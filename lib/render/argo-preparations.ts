/** What Argo itself wants before its Pods can build, as lines for a header. */

import type { Rendering } from "./format.ts";

/**
 * How a tar for Argo is made. What it unpacks has one folder at its top, which becomes the context; it refuses
 * the entry `./` that a tar of `.` begins with (`untar`, `unpack` in workflow/executor/executor.go).
 */
export function artifactTar(file: string): string {
  return `A tar with one folder at its top: tar -C ABOVE -czf ${file} FOLDER`;
}

/** Without these rights the image is pushed, but the task ends as an error. */
export function taskResultRights(renderings: readonly Rendering[]): string[] {
  const namespace = renderings[0]?.options.namespace ?? null;
  const accounts = renderings.map(({ build, options }) => options.serviceAccount ?? build.serviceAccount ?? "default");
  const inNamespace = namespace === null ? "" : ` -n ${namespace}`;
  const given = [...new Set(accounts)].map(account => ` --serviceaccount=${namespace ?? "NAMESPACE"}:${account}`);
  return [
    "rights to tell Argo what became of a Pod, where its service account has none yet:",
    `  kubectl create role argo-executor${inNamespace} --verb=create,patch --resource=workflowtaskresults.argoproj.io`,
    `  kubectl create rolebinding argo-executor${inNamespace} --role=argo-executor${given.join("")}`,
  ];
}
