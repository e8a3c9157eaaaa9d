/** What is ours in the cluster, asked again now and then while it is looked at. */

import { setTimeout as delay } from "node:timers/promises";
import { messageOf } from "../../../lib/error.ts";
import type { OwnedThings } from "../../../lib/executor/kubernetes/list-owned.ts";
import { showText } from "../../../lib/model/path-text.ts";
import { type ClusterData, thingName } from "../sheets/cluster/cluster-data.ts";
import type { ClusterSheet } from "../sheets/sheet.ts";
import type { State } from "../state/state.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";

const againMs = 4000;
const logRestMs = 120;

export function loadCluster(store: Store): Stop {
  let connected: Promise<OwnedThings> | null = null;
  const connect = () => {
    connected ??= connectNow();
    // Another kubeconfig may be there the next time.
    connected.catch(() => {
      connected = null;
    });
    return connected;
  };
  const stops = [listThings(store, connect), readLog(store, connect), removeThing(store, connect)];
  return () => {
    for (const stop of stops) stop();
  };
}

async function connectNow(): Promise<OwnedThings> {
  const { OwnedThings } = await import("../../../lib/executor/kubernetes/list-owned.ts");
  const { defaultKubernetesOptions } = await import("../../../lib/executor/kubernetes/kubernetes-options.ts");
  return OwnedThings.connect(defaultKubernetesOptions);
}

type Connect = () => Promise<OwnedThings>;

function listThings(store: Store, connect: Connect): Stop {
  return runLatest(store, {
    key: state => {
      const sheet = clusterOf(state);
      return sheet && [sheet.id];
    },
    onError: error => {
      const sheet = clusterOf(store.getState());
      if (sheet) store.dispatch({ type: "sheet-failed", id: sheet.id, error });
    },
    async run(state, signal) {
      const id = clusterOf(state)?.id;
      if (id === undefined) return;
      const cluster = await connect();
      while (!signal.aborted) {
        const { contextName, things, unseen } = await cluster.list(signal);
        if (signal.aborted) return;
        const log = clusterOf(store.getState())?.data?.log ?? null;
        const data: ClusterData = { contextName, things, unseen, nowMs: Date.now(), log };
        store.dispatch({ type: "sheet-loaded", id, data });
        await delay(againMs, undefined, { signal });
      }
    },
  });
}

function readLog(store: Store, connect: Connect): Stop {
  return runLatest(store, {
    key: state => {
      const sheet = clusterOf(state);
      const pod = sheet && selectedPod(sheet);
      // With each listing, as it grows.
      return pod ? [thingName(pod), sheet.data?.nowMs] : null;
    },
    restMs: logRestMs,
    // A Pod that waits for its image has none.
    onError: () => showLog(store, []),
    async run(state, signal) {
      const sheet = clusterOf(state);
      const pod = sheet && selectedPod(sheet);
      if (!pod) return;
      const lines = await (await connect()).lastLines(pod, signal);
      if (!signal.aborted) showLog(store, lines);
    },
  });
}

function showLog(store: Store, lines: readonly string[]): void {
  const sheet = clusterOf(store.getState());
  const pod = sheet && selectedPod(sheet);
  if (!sheet?.data || !pod) return;
  const log = { of: thingName(pod), lines };
  store.dispatch({ type: "sheet-loaded", id: sheet.id, data: { ...sheet.data, log } });
}

function removeThing(store: Store, connect: Connect): Stop {
  return runLatest(store, {
    key: state => {
      const removing = clusterOf(state)?.removing;
      return removing ? [removing.id] : null;
    },
    async run(state) {
      const sheet = clusterOf(state);
      const what = sheet?.removing?.what;
      const thing = sheet?.data?.things.find(candidate => thingName(candidate) === what);
      if (!thing) return;
      try {
        await (await connect()).remove(thing);
        store.dispatch({ type: "say", text: `deleted ${showText(what ?? "")}`, kind: "info" });
      } catch (error) {
        store.dispatch({ type: "say", text: showText(`not deleted: ${messageOf(error)}`), kind: "error" });
      }
      store.dispatch({ type: "sheet-again" });
    },
  });
}

function clusterOf({ sheet }: State): ClusterSheet | null {
  return sheet?.kind === "cluster" && !sheet.away ? sheet : null;
}

function selectedPod({ data, place }: ClusterSheet) {
  const thing = data?.things[place.cursor];
  return thing?.kind === "pods" ? thing : null;
}
