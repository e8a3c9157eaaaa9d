import { expect, test } from "vitest";
import { OwnedPod } from "../../../lib/executor/kubernetes/owned-pod.ts";
import { startApiServer } from "../../support/api-server.ts";

test("a Job that made no Pod is told of and removed, also where it was to be kept", async () => {
  const asked: string[] = [];
  const message =
    'Error creating: pods "x" is forbidden: exceeded quota: none, requested: pods=1, used: pods=0, limited: pods=0';
  const server = await startApiServer((method, path) => {
    asked.push(`${method} ${path.replace(/kaniko-lab-\w+/, "NAME")}`);
    if (path.endsWith("/events")) return { status: 200, body: { items: [{ message }] } };
    if (path.endsWith("/pods")) return { status: 200, body: { items: [] } };
    return { status: 201, body: {} };
  });
  try {
    const owned = new OwnedPod(server.api, new AbortController().signal, true);
    expect(owned.notLeft).toBeNull();
    const job = { apiVersion: "batch/v1", kind: "Job", metadata: { name: owned.name } } as const;
    const made = owned.create({ kind: "jobs", document: () => job, env: {}, startSeconds: 60, report: () => {} });
    const error = await made.catch((thrown: unknown) => thrown);
    expect(error).toMatchObject({ message: expect.stringContaining(`the Job ${owned.name} made no Pod: pods "x" is`) });
    expect(owned.isLeftBy(error)).toBe(false);
    expect(owned.notLeft?.split("\n")).toEqual([
      `the Job ${owned.name} is not left: it made no Pod to look at, and would build later, when it can`,
      `look at its events: kubectl get events -n default --field-selector involvedObject.name=${owned.name}`,
    ]);
    await owned.remove(true);
    expect(asked.at(-1)).toBe("DELETE /apis/batch/v1/namespaces/default/jobs/NAME");
  } finally {
    await server.close();
  }
});
