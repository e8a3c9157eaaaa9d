/** What this program made in the cluster of the kubeconfig: Pods and Jobs, with the log of the selected Pod. */

import { showText } from "../../../../lib/model/path-text.ts";
import { formatAge } from "../../../display/cache-entries.ts";
import { counted } from "../../../display/format.ts";
import { cellWidth, cutText } from "../../text/cells.ts";
import { type Row, span, type Tone } from "../../text/spans.ts";
import type { ListView } from "../list-view.ts";
import type { ClusterSheet } from "../sheet.ts";
import { type ClusterData, thingName } from "./cluster-data.ts";

const toneOf: Readonly<Record<string, Tone>> = {
  Running: "accent",
  Pending: "modified",
  Succeeded: "added",
  Complete: "added",
  Failed: "error",
  Error: "error",
};

/** The words of Kubernetes differ much in length: columns are as wide as what stands in them, up to these. */
const mostState = 17;
const mostNamespace = 22;
/** Of a name, so much stays in sight. */
const leastName = 12;
/** Columns besides state, namespace and name. */
const otherColumns = 24;

function widthsOf(data: ClusterData | null, width: number): { state: number; namespace: number } {
  const things = data?.things ?? [];
  const widest = (head: string, texts: readonly string[], most: number) =>
    Math.min(most, Math.max(head.length, ...texts.map(text => cellWidth(showText(text)))));
  const free = width - otherColumns - leastName;
  const leastNamespace = "NAMESPACE".length;
  const states = things.map(thing => thing.state);
  const state = widest("STATE", states, Math.min(mostState, free - leastNamespace));
  const namespaces = things.map(thing => thing.namespace);
  return { state, namespace: widest("NAMESPACE", namespaces, Math.min(mostNamespace, free - state)) };
}

export const clusterView: ListView<ClusterSheet> = {
  title(_, { data, error }) {
    if (data === null) return [span("CLUSTER", "focused-title"), span(error === "" ? "  asking .." : "", "dim")];
    return [
      span("CLUSTER ", "focused-title"),
      span(showText(data.contextName), "bold"),
      span(`  ${counted(data.things.length, "thing")} of ours`, "dim"),
      ...data.unseen.map(kind => span(`  this account may not list ${kind}`, "warning")),
    ];
  },
  heads(_, { data }, width) {
    const { state, namespace } = widthsOf(data, width);
    return [span(`  KIND  ${"STATE".padEnd(state)}   AGE  LEFT  ${"NAMESPACE".padEnd(namespace)}  NAME`, "title")];
  },
  count: (_, { data }) => data?.things.length ?? 0,
  row(_, { data, asked }, at, selected, width) {
    const thing = data?.things[at];
    if (!data || !thing) return [];
    const { kind, state, namespace, name, createdAt, isLeft } = thing;
    const widths = widthsOf(data, width);
    const age = createdAt === null ? "" : formatAge(data.nowMs - Date.parse(createdAt));
    return [
      span(selected ? "> " : "  "),
      span(kind === "pods" ? "Pod   " : "Job   ", "dim"),
      span(cutText(showText(state), widths.state).padEnd(widths.state), toneOf[state] ?? "plain"),
      span(age.padStart(6), "dim"),
      span(isLeft ? "  yes " : "      ", "warning"),
      span(asked === thingName(thing) ? "! " : "  ", "error"),
      span(`${cutText(showText(namespace), widths.namespace).padEnd(widths.namespace)}  `),
      span(showText(name)),
    ];
  },
  detail(_, { data, place, asked }, width) {
    const thing = data?.things[place.cursor];
    if (!data || !thing) return [];
    if (asked !== null) return [[span(`Delete ${showText(asked)}, and what it made?`, "warning")]];
    const { log } = data;
    const head: Row = [
      span(thing.kind === "pods" ? "LOG " : "", "title"),
      span(showText(thing.detail), "dim"),
      span(thing.isLeft ? "  the process that made it has ended" : "", "warning"),
    ];
    if (thing.kind !== "pods") return [head];
    if (log?.of !== thingName(thing)) return [head, [span("reading ..", "dim")]];
    if (log.lines.length === 0) return [head, [span("It printed nothing.", "dim")]];
    return [head, ...log.lines.map((line): Row => [span(showText(line.slice(0, width * 4)))])];
  },
  empty: "Nothing of ours is in this cluster: no Pod, no Job.",
};
