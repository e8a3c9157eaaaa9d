import { existsSync, statSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import type { KubeConfig, Cluster as KubernetesCluster } from "@kubernetes/client-node";
import { LabError, messageOf } from "../../error.ts";
import { isLoopback } from "../../registry/loopback.ts";
import { importClient } from "./import-client.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";

/** A cluster that a configuration names; nobody has spoken to it yet. */
export interface Cluster {
  readonly config: KubeConfig;
  /** Of the kubeconfig; `in-cluster` inside a Pod. */
  readonly contextName: string;
  readonly server: string;
  readonly namespace: string;
}

const tokenFile = "/var/run/secrets/kubernetes.io/serviceaccount/token";

/** Where the configuration comes from; null when there is none. Loads nothing. */
export function configPlace(env: NodeJS.ProcessEnv): { files: string[] } | "in-cluster" | null {
  if (env.KUBECONFIG) return { files: env.KUBECONFIG.split(delimiter).filter(file => file !== "") };
  const usual = join(env.HOME ?? homedir(), ".kube", "config");
  if (existsSync(usual)) return { files: [usual] };
  return existsSync(tokenFile) ? "in-cluster" : null;
}

/** @throws LabError `engine-unavailable` without a configuration, `config-invalid` for a broken one, `usage` for an unknown context. */
export async function connectCluster(
  options: KubernetesOptions,
  env: NodeJS.ProcessEnv = process.env,
): Promise<Cluster> {
  const place = configPlace(env);
  if (place === null) {
    throw new LabError(
      "engine-unavailable",
      "there is no kubeconfig: KUBECONFIG is not set and ~/.kube/config is not there",
      {
        hint: "set KUBECONFIG to the file that your cluster gave you, or build here: --driver sandbox",
      },
    );
  }
  const config = await configOf(place, options.context);
  const context = options.context ?? config.getCurrentContext();
  const found = config.getContextObject(context);
  if (!found || !config.getCluster(found.cluster)) throw unknownContext(config, context, options.context !== null);
  config.setCurrentContext(context);
  const cluster = config.getCurrentCluster();
  if (cluster && !URL.canParse(cluster.server)) {
    throw new LabError("config-invalid", `the kubeconfig has no address for ${found.cluster}: ${cluster.server}`, {
      hint: "it is written as https://HOST:PORT",
    });
  }
  if (cluster) await takeProxy(cluster);
  return {
    config,
    contextName: place === "in-cluster" ? place : context,
    server: cluster?.server ?? "",
    namespace: options.namespace ?? found.namespace ?? "default",
  };
}

/** As kubectl does: the kubeconfig's own proxy, else that of the environment, but never for this very machine. */
async function takeProxy(cluster: KubernetesCluster): Promise<void> {
  if (cluster.proxyUrl !== undefined || isLoopback(new URL(cluster.server).host)) return;
  const { getProxyForUrl } = await import("proxy-from-env");
  const proxyUrl = getProxyForUrl(cluster.server);
  if (proxyUrl !== "") Object.assign(cluster, { proxyUrl });
}

const configs = new Map<string, Promise<KubeConfig>>();

/**
 * The same one for all builds of a process, as long as its files do not change: with its connections, and the token that a
 * log-in plugin gave, which would else be asked for again by each of them.
 */
function configOf(place: Exclude<ReturnType<typeof configPlace>, null>, context: string | null): Promise<KubeConfig> {
  const key = JSON.stringify([place === "in-cluster" ? place : place.files.map(stampOf), context]);
  const known = configs.get(key);
  if (known) return known;
  const loading = importClient().then(client => {
    const config = new client.KubeConfig();
    load(client, config, place);
    return config;
  });
  configs.set(key, loading);
  loading.catch(() => configs.delete(key));
  return loading;
}

function stampOf(file: string): [string, number] {
  return [file, statSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0];
}

function load(
  client: typeof import("./client-parts.ts"),
  config: KubeConfig,
  place: Exclude<ReturnType<typeof configPlace>, null>,
): void {
  if (place === "in-cluster") {
    config.loadFromCluster();
    return;
  }
  const files = place.files.filter(file => existsSync(file));
  if (files.length === 0) {
    throw new LabError("engine-unavailable", `there is no kubeconfig at ${place.files.join(" or ")}`, {
      hint: "KUBECONFIG names it: set it to a file that is there",
    });
  }
  for (const [at, file] of files.entries()) {
    try {
      const one = at === 0 ? config : new client.KubeConfig();
      one.loadFromFile(file);
      if (one !== config) config.mergeConfig(one);
    } catch (error) {
      throw new LabError("config-invalid", `${file} is no kubeconfig: ${messageOf(error).split("\n")[0]}`, {
        hint: "look at it with: kubectl config view",
        cause: error,
      });
    }
  }
}

function unknownContext(config: KubeConfig, context: string, isChosen: boolean): LabError {
  const names = config.getContexts().map(({ name }) => name);
  const known = names.length === 0 ? "it has none" : `it has ${names.join(", ")}`;
  if (context === "" || context === undefined) {
    return new LabError("usage", `the kubeconfig has no current context; ${known}`, {
      hint: "choose one: --kube-context NAME",
    });
  }
  return new LabError("usage", `the kubeconfig has no context ${context}, or not its cluster; ${known}`, {
    hint: isChosen ? "give another one: --kube-context NAME" : "choose one: --kube-context NAME",
  });
}
