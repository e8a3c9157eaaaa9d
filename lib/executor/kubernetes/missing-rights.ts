import { LabError } from "../../error.ts";
import type { ClusterApi } from "./cluster-api.ts";
import type { Cluster } from "./connect-cluster.ts";

export interface Right {
  readonly verb: string;
  readonly group?: string;
  readonly resource: string;
  readonly subresource?: string;
}

/** Of a cluster's user: what was allowed once is not asked again for each of many builds. */
const allowed = new WeakMap<Cluster["config"], Set<string>>();

/** @throws LabError `engine-unavailable` naming every verb that this user lacks */
export async function checkRights(api: ClusterApi, rights: readonly Right[], signal: AbortSignal): Promise<void> {
  const known = allowed.get(api.cluster.config) ?? new Set();
  allowed.set(api.cluster.config, known);
  const answers = await Promise.all(
    rights.map(async right => {
      const key = JSON.stringify([api.cluster.namespace, right]);
      const isKnown = known.has(key) || (await isAllowed(api, right, signal));
      if (isKnown) known.add(key);
      return isKnown;
    }),
  );
  const missing = rights.filter((_, at) => !answers[at]);
  if (missing.length === 0) return;
  const { namespace } = api.cluster;
  const words = missing.map(({ verb, resource, subresource }) => `${verb} ${resourceName(resource, subresource)}`);
  throw new LabError(
    "engine-unavailable",
    `this user has no right in the namespace ${namespace} to: ${words.join(", ")}`,
    {
      hint: `whoever rules the cluster can give it: ${commandFor(missing, namespace)}`,
    },
  );
}

/** What a build does in a namespace. Reading events is a help, not a need. */
export function rightsOfBuild(needs: {
  job: boolean;
  secret: boolean;
  exec: boolean;
  attach: boolean;
  forward?: boolean;
}): Right[] {
  const all = (verbs: readonly string[], resource: string, more: Partial<Right> = {}): Right[] =>
    verbs.map(verb => ({ verb, resource, ...more }));
  return [
    ...(needs.job ? all(["create", "delete"], "jobs", { group: "batch" }) : all(["create", "delete"], "pods")),
    ...all(["get", "list", "watch"], "pods"),
    ...all(["get"], "pods", { subresource: "log" }),
    // Over a web socket, exec is a GET: older servers ask for `get`, newer ones for `create` as well.
    ...(needs.exec ? all(["get", "create"], "pods", { subresource: "exec" }) : []),
    ...(needs.attach ? all(["get", "create"], "pods", { subresource: "attach" }) : []),
    ...(needs.forward ? all(["get", "create"], "pods", { subresource: "portforward" }) : []),
    ...(needs.secret ? all(["create", "delete"], "secrets") : []),
  ];
}

async function isAllowed(api: ClusterApi, right: Right, signal: AbortSignal): Promise<boolean> {
  const review = {
    apiVersion: "authorization.k8s.io/v1",
    kind: "SelfSubjectAccessReview",
    spec: { resourceAttributes: { namespace: api.cluster.namespace, ...right } },
  };
  const path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews";
  const call = { what: "ask what is allowed", method: "POST", path, body: review, signal } as const;
  const answer = await api.call<{ status?: { allowed?: boolean } }>(call);
  return answer.status?.allowed === true;
}

function resourceName(resource: string, subresource?: string): string {
  return subresource === undefined ? resource : `${resource}/${subresource}`;
}

function commandFor(missing: readonly Right[], namespace: string): string {
  const verbs = [...new Set(missing.map(({ verb }) => verb))].join(",");
  const resources = [
    ...new Set(
      missing.map(({ resource, subresource, group }) => {
        const name = resourceName(resource, subresource);
        return group === undefined ? name : `${resource}.${group}`;
      }),
    ),
  ].join(",");
  return `kubectl create role kaniko-lab -n ${namespace} --verb=${verbs} --resource=${resources}, and a rolebinding to it`;
}
