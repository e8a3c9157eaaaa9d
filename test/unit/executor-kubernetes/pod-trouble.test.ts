import type { CoreV1Event, V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { progressOf, troubleOf } from "../../../lib/executor/kubernetes/pod-trouble.ts";

function waiting(reason: string, message: string): V1Pod {
  const status = { name: "executor", image: "kaniko:v1", imageID: "", ready: false, restartCount: 0 };
  return { status: { containerStatuses: [{ ...status, state: { waiting: { reason, message } } }] } };
}

function unscheduled(message: string): V1Pod {
  return { status: { conditions: [{ type: "PodScheduled", status: "False", reason: "Unschedulable", message }] } };
}

function event(reason: string, message: string, at = "2026-01-01T00:00:00Z"): CoreV1Event {
  const type = reason.startsWith("Failed") ? "Warning" : "Normal";
  const lastTimestamp = at as unknown as Date;
  return { type, reason, message, lastTimestamp, metadata: {}, involvedObject: {} };
}

describe("trouble", () => {
  test("none while all goes well", () => {
    expect(troubleOf({ status: { phase: "Pending" } }, [event("Pulling", 'Pulling image "a"')])).toBeNull();
  });

  test.each([
    ["ErrImagePull", "failed to resolve: kaniko:v1: not found", true, /name and tag/],
    ["ErrImagePull", "pull access denied, authorization failed", true, /--image-pull-secret/],
    ["ErrImagePull", "server gave HTTP response to HTTPS client", true, /hosts.toml/],
    ["ErrImagePull", "dial tcp: i/o timeout", false, /node must reach/],
    ["ImagePullBackOff", 'Back-off pulling image "kaniko:v1": ErrImagePull: dial tcp: i/o timeout', true, /node must/],
    ["InvalidImageName", "", true, /--executor/],
    ["CreateContainerError", 'exec: "sh": executable file not found in $PATH', true, /--helper-image/],
  ])("of an image: %s %s", (reason, message, isFinal, hint) => {
    const trouble = troubleOf(waiting(reason, message), []);
    expect(trouble).toMatchObject({ isFinal });
    expect(trouble?.hint).toMatch(hint);
  });

  test.each([
    ["0/1 nodes are available: 1 Insufficient memory.", false, /--pod-request/],
    ["0/1 nodes are available: 1 node(s) had untolerated taint {a: b}.", false, /--toleration/],
    ["0/1 nodes are available: 1 node(s) didn't match Pod's node affinity/selector.", false, /--node-selector/],
    ["0/1 nodes are available: pod has unbound immediate PersistentVolumeClaims.", false, /gets no volume/],
    ['0/1 nodes are available: persistentvolumeclaim "x" not found.', true, /--claim/],
  ])("of a Pod without a node: %s", (message, isFinal, hint) => {
    const trouble = troubleOf(unscheduled(message), []);
    expect(trouble).toMatchObject({ isFinal });
    expect(trouble?.hint).toMatch(hint);
  });

  test("a node without the folder is final, other volumes may still come", () => {
    const missing = event(
      "FailedMount",
      "MountVolume.SetUp failed: hostPath type check failed: /ctx is not a directory",
    );
    expect(troubleOf({}, [missing])).toMatchObject({ isFinal: true, message: "the node has no folder /ctx" });
    expect(troubleOf({}, [event("FailedMount", "timed out")])).toMatchObject({ isFinal: false });
  });

  test.each([
    ["Evicted", "Pod ephemeral local storage usage exceeds the total limit", /ephemeral-storage/],
    ["Evicted", "The node was low on resource: memory.", /memory/],
    ["DeadlineExceeded", "Pod was active on the node longer than the specified deadline", /--pod-deadline/],
  ])("%s: %s", (reason, message, hint) => {
    const trouble = troubleOf({ status: { phase: "Failed", reason, message } }, []);
    expect(trouble).toMatchObject({ isFinal: true, code: "engine-lost" });
    expect(trouble?.hint).toMatch(hint);
  });

  test("a Pod that is being deleted", () => {
    const pod = { metadata: { deletionTimestamp: new Date() }, status: { phase: "Running" } };
    expect(troubleOf(pod, [])?.message).toMatch(/deleted by somebody else/);
  });

  test("a failed executor is no trouble of the Pod", () => {
    expect(troubleOf({ status: { phase: "Failed" } }, [])).toBeNull();
  });
});

test("progress is the latest event", () => {
  const events = [
    event("Pulling", 'Pulling image "b:1"', "2026-01-01T00:00:02Z"),
    event("Scheduled", "Successfully assigned default/x to node-7", "2026-01-01T00:00:01Z"),
  ];
  expect(progressOf(events)).toBe("the cluster pulls b:1");
  expect(progressOf(events.slice(1))).toBe("on node node-7");
});
