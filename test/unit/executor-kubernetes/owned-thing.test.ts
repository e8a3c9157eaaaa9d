import type { V1ContainerState, V1Pod } from "@kubernetes/client-node";
import { describe, expect, test } from "vitest";
import { footerRow } from "../../../cli/tui/screen/footer.ts";
import { clusterView } from "../../../cli/tui/sheets/cluster/cluster-view.ts";
import type { ClusterSheet } from "../../../cli/tui/sheets/sheet.ts";
import { initialState } from "../../../cli/tui/state/state.ts";
import { cellWidth } from "../../../cli/tui/text/cells.ts";
import { textOf } from "../../../cli/tui/text/spans.ts";
import { ofJob, ofPod } from "../../../lib/executor/kubernetes/owned-thing.ts";

/** As a build's is: the executor, and beside it what hands over its results. */
function pod(executor: V1ContainerState, phase = "Running", namespace = "builds"): V1Pod {
  const status = { image: "kaniko:v1", imageID: "", ready: false, restartCount: 0 };
  return {
    metadata: { name: "kaniko-lab-1", namespace },
    spec: { nodeName: "node-1", containers: [{ name: "executor", image: "kaniko:v1" }, { name: "results" }] },
    status: {
      phase,
      containerStatuses: [
        { ...status, name: "executor", state: executor },
        { ...status, name: "results", state: { running: {} } },
      ],
    },
  };
}

const failed = pod({ terminated: { exitCode: 1, reason: "Error" } });

describe("what is told of a Pod", () => {
  test("the executor's end, though the Pod itself goes on", () => {
    expect(ofPod(failed).state).toBe("Error");
    expect(ofPod(pod({ terminated: { exitCode: 137, reason: "OOMKilled" } })).state).toBe("OOMKilled");
    expect(ofPod(pod({ terminated: { exitCode: 0, reason: "Completed" } })).state).toBe("Running");
    expect(ofPod(pod({ waiting: { reason: "ImagePullBackOff" } }, "Pending")).state).toBe("ImagePullBackOff");
    expect(ofPod(pod({ running: {} })).state).toBe("Running");
  });

  test("the log that is read is the executor's: of two containers a cluster does not choose", () => {
    expect(ofPod(failed)).toMatchObject({ container: "executor", detail: "kaniko:v1 on node-1" });
    expect(ofJob({ metadata: { name: "job" } }).container).toBe("");
  });
});

describe("the list of Pods", () => {
  test.each([60, 80])("%i columns: under their heads, with the name in sight, however long the words are", columns => {
    const things = [
      ofPod(failed),
      ofPod(pod({ waiting: { reason: "CreateContainerConfigErrorOfSomeKind" } }, "Pending", "n".repeat(63))),
    ];
    const sheet = {
      kind: "cluster",
      asked: null,
      data: { contextName: "lab", things, unseen: [], nowMs: 0, log: null },
    } as unknown as ClusterSheet;
    const state = initialState({ columns, rows: 24 }, { mouse: false, theme: "default", commands: [], extraWords: [] });
    const heads = textOf(clusterView.heads(state, sheet, columns));
    for (const at of things.keys()) {
      const row = textOf(clusterView.row(state, sheet, at, false, columns));
      expect(row.indexOf("kaniko-lab-1")).toBe(heads.indexOf("NAME", heads.indexOf("NAMESPACE") + 9));
      expect(row.slice(heads.indexOf("NAMESPACE"))).toMatch(/^(builds|nnn)/);
      expect(cellWidth(row)).toBeLessThanOrEqual(columns);
    }
  });
});

test("what is to be deleted is asked where every size of screen has room, with the keys in sight", () => {
  const start = initialState(
    { columns: 60, rows: 12 },
    { mouse: false, theme: "default", commands: [], extraWords: [] },
  );
  const asked = `pods ${"n".repeat(63)}/kaniko-lab-1`;
  const sheet = { kind: "cluster", away: false, asked, data: null } as unknown as ClusterSheet;
  const footer = textOf(footerRow({ ...start, sheet }));
  expect(footer).toMatch(/^y: delete it {3}Esc: no {3}pods n+/);
  expect(cellWidth(footer)).toBeLessThanOrEqual(60);
});
