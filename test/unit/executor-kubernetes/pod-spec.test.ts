import type { V1Container } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { defaultKubernetesOptions, parseToleration } from "../../../lib/executor/kubernetes/kubernetes-options.ts";
import { runLabels } from "../../../lib/executor/kubernetes/pod-labels.ts";
import { jobOf, type PodPlan, podOf, volumePlace } from "../../../lib/executor/kubernetes/pod-spec.ts";

const plan: PodPlan = {
  name: "kaniko-lab-1",
  namespace: "builds",
  labels: { "kaniko-lab/run": "1" },
  annotations: {},
  options: defaultKubernetesOptions,
  image: "kaniko:v1",
  helperImage: "busybox:1.37",
  args: ["--context", "dir:///workspace"],
  environmentSecret: null,
  mounts: [
    { kind: "volume", path: "/workspace", place: "workspace", readOnly: true },
    { kind: "volume", path: "/output", place: "output", readOnly: false },
  ],
  runFolder: "",
  sendsFiles: true,
  readsResults: true,
  takesInput: false,
};

function containersOf(of: PodPlan): V1Container[] {
  const { spec } = podOf(of);
  return [...(spec?.initContainers ?? []), ...(spec?.containers ?? [])];
}

/** What PodSecurity's level "baseline" lets a container add. */
const baseline = new Set(
  "AUDIT_WRITE CHOWN DAC_OVERRIDE FOWNER FSETID KILL MKNOD NET_BIND_SERVICE SETFCAP SETGID SETPCAP SETUID SYS_CHROOT".split(
    " ",
  ),
);

describe("the Pod of a build", () => {
  test("waits for files, runs the executor, and lives until results were read", () => {
    expect(containersOf(plan).map(({ name }) => name)).toEqual(["files", "executor", "results"]);
  });

  test("has no helper where nothing goes through one", () => {
    const bare = { ...plan, sendsFiles: false, readsResults: false, mounts: [] };
    expect(containersOf(bare).map(({ name }) => name)).toEqual(["executor"]);
  });

  test("asks for nothing that the level baseline forbids", () => {
    for (const { securityContext } of containersOf(plan)) {
      expect(securityContext?.privileged).toBe(false);
      expect(securityContext?.capabilities?.drop).toEqual(["ALL"]);
      expect((securityContext?.capabilities?.add ?? []).filter(name => !baseline.has(name))).toEqual([]);
    }
    const { spec } = podOf(plan);
    expect([spec?.hostNetwork, spec?.hostPID, spec?.hostIPC]).toEqual([undefined, undefined, undefined]);
    expect(spec?.volumes?.every(({ hostPath }) => hostPath === undefined)).toBe(true);
  });

  test("many are spread over the nodes, a Job's as well, and have the priority that is wanted", () => {
    const options = { ...plan.options, priorityClass: "low" };
    const labelled = { ...plan, options, labels: runLabels("1") };
    const spread = [{ topologyKey: "kubernetes.io/hostname", whenUnsatisfiable: "ScheduleAnyway" }];
    const specs = [podOf(labelled).spec, jobOf(labelled).spec?.template.spec];
    for (const spec of specs) {
      expect(spec).toMatchObject({ priorityClassName: "low", topologySpreadConstraints: spread });
      // A selector that fits no Pod of ours would spread nothing.
      expect(labelled.labels).toMatchObject(spec?.topologySpreadConstraints?.[0]?.labelSelector?.matchLabels ?? {});
    }
    expect(podOf(plan).spec).not.toHaveProperty("priorityClassName");
  });

  test("keeps the cluster's token from RUN", () => {
    const withAccount = podOf({ ...plan, options: { ...plan.options, serviceAccount: "builder" } });
    expect(withAccount.spec).toMatchObject({ serviceAccountName: "builder", automountServiceAccountToken: false });
  });

  test("names the environment's Secret and none of its values", () => {
    const [, executor] = containersOf({ ...plan, environmentSecret: "kaniko-lab-1" });
    expect(executor?.envFrom).toEqual([{ secretRef: { name: "kaniko-lab-1" } }]);
    expect(executor?.env).toBeUndefined();
  });

  test("a claim has a folder for each run, and one that stays for the layer cache", () => {
    const cache = { kind: "volume", path: "/cache", place: "/layer-cache/x", readOnly: false } as const;
    const options = { ...plan.options, claim: "builds" };
    const { spec } = podOf({ ...plan, options, runFolder: "runs/1", mounts: [...plan.mounts, cache] });
    expect(spec?.volumes).toEqual([{ name: "lab", persistentVolumeClaim: { claimName: "builds" } }]);
    expect(spec?.containers[0]?.volumeMounts?.map(({ subPath }) => subPath)).toEqual([
      "runs/1/workspace",
      "runs/1/output",
      "layer-cache/x",
    ]);
  });

  test("a folder of the node must be there", () => {
    const mounts = [{ kind: "host-path", path: "/workspace", nodePath: "/ctx", readOnly: true }] as const;
    const { spec } = podOf({ ...plan, mounts });
    expect(spec?.volumes?.[1]).toEqual({ name: "node-0", hostPath: { path: "/ctx", type: "Directory" } });
  });

  test("a Job tries once, and its Pod has the run's labels", () => {
    const { spec } = jobOf(plan);
    expect(spec?.backoffLimit).toBe(0);
    expect(spec?.template.metadata?.labels).toEqual(plan.labels);
  });

  test("a user's labels do not replace those by which it is found", () => {
    const options = { ...plan.options, labels: { team: "a", "kaniko-lab/run": "other" } };
    expect(podOf({ ...plan, options }).metadata?.labels).toEqual({ team: "a", "kaniko-lab/run": "1" });
  });
});

test("paths of the executor have places without folders", () => {
  expect(volumePlace("/kaniko/.docker/config.json")).toBe("kaniko-.docker-config.json");
});

test.each([
  ["dedicated=builds:NoSchedule", { key: "dedicated", operator: "Equal", value: "builds", effect: "NoSchedule" }],
  ["spot", { key: "spot", operator: "Exists" }],
  ["spot:NoExecute", { key: "spot", operator: "Exists", effect: "NoExecute" }],
  ["*", { operator: "Exists" }],
])("a toleration %s", (text, expected) => {
  expect(parseToleration(text)).toEqual(expected);
});

test("a toleration that is none", () => {
  expect(() => parseToleration("a=b:Sometimes")).toThrow(/no toleration/);
});
