import { existsSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { cacheTtlMs } from "../docker/cache-ttl.ts";
import { packFolder } from "../docker/copy-in.ts";
import { planLayerCache } from "../docker/layer-cache-plan.ts";
import type { ReportPreparing } from "../preparing.ts";
import { type ContextFilter, contextPath } from "./context-ignore.ts";
import type { KubernetesOptions } from "./kubernetes-options.ts";
import { type PlacedMount, type RunPlan, runsFolder } from "./plan-run.ts";
import type { PodSession } from "./pod-session.ts";
import { filesContainer, labFolder, readyFile, resultsContainer } from "./pod-spec.ts";
import { waitForContainer } from "./pod-start.ts";
import { type Collection, collect } from "./receive-mounts.ts";
import { removeGone } from "./remove-gone.ts";
import { type Delivery, deliver } from "./send-mounts.ts";

const discardMs = 3000;

/** The files of one run: what goes into the Pod's volume before the executor starts, and what comes back from there. */
export class PodFiles {
  /** Folder of this run in the volume; "" in one that is the Pod's own. */
  readonly runFolder: string;
  readonly #plan: RunPlan;
  readonly #options: KubernetesOptions;
  readonly #filter: ContextFilter | null;
  readonly #named = new Set<string>();

  constructor(plan: RunPlan, run: string, options: KubernetesOptions, filter: ContextFilter | null) {
    this.#plan = plan;
    this.#options = options;
    this.#filter = filter;
    this.runFolder = options.claim === null ? "" : `${runsFolder}/${run}`;
  }

  /** Whether something must be in the volume before the executor starts; a claim also needs to be told old from new. */
  get sends(): boolean {
    return this.#toSend.length > 0 || this.#options.claim !== null;
  }

  get receives(): boolean {
    return this.#toReceive.length > 0 || this.#options.claim !== null;
  }

  get #toSend(): PlacedMount[] {
    return this.#plan.placed.filter(({ mount, place, isLayerCache }) => {
      if (place === null) return false;
      if (this.#plan.program) return true;
      return mount.readOnly || (isLayerCache && this.#options.claim === null);
    });
  }

  get #toReceive(): PlacedMount[] {
    const written = this.#plan.placed.filter(({ mount, place }) => place !== null && !mount.readOnly);
    // What the executor was to push is read from where it was pushed to.
    return this.readsRegistry ? written.filter(({ isLayerCache }) => isLayerCache) : written;
  }

  /** Sends everything and lets the executor start. @throws LabError as `deliver` */
  async send(session: PodSession, report: ReportPreparing): Promise<void> {
    if (!this.sends) return;
    await waitForContainer(session, filesContainer, this.#options.startSeconds, report);
    const ready = `${labFolder}/${this.#inRun(readyFile)}`;
    // The helper ends when whoever wrote this has ended.
    const start = `${this.#sweep}mkdir -p "$(dirname ${ready})"; echo $$ >${ready}`;
    const toSend = [...this.#toSend];
    const last = toSend.pop();
    for (const placed of toSend) await deliver(session, await this.#delivery(placed), report);
    try {
      // In one program with the last files: each one that is run in a Pod takes some tenths of a second.
      if (last) await deliver(session, { ...(await this.#delivery(last)), afterwards: start }, report);
      else
        await session.exec(
          "starting the executor",
          filesContainer,
          () => ["sh", "-c", start],
          async () => {},
        );
    } catch (error) {
      // Only the way back of the answer broke.
      if (!session.hasSucceeded(filesContainer)) throw error;
    }
  }

  /** What a run leaves in a claim that did not live to its end goes when it can be nobody's any more. */
  get #sweep(): string {
    if (this.#options.claim === null) return "";
    const minutes = Math.ceil(this.#options.deadlineSeconds / 60) + 60;
    const old = `find ${labFolder}/${runsFolder} -mindepth 1 -maxdepth 1 -type d -mmin +${minutes}`;
    return `[ ! -d ${labFolder}/${runsFolder} ] || ${old} -exec rm -rf {} +; `;
  }

  /** Fetches everything that the executor wrote. @returns how many links and devices were left out */
  async receive(session: PodSession, report: ReportPreparing): Promise<number> {
    const collecting = this.#toReceive.map(({ mount, place, isLayerCache }) => {
      const newerThan = isLayerCache && this.sends ? this.#inRun(readyFile) : null;
      const folders = isLayerCache ? this.#wantedEntries(mount.hostPath) : [];
      return this.#collect(session, { mount, place: this.#inRun(place as string), newerThan, folders }, report);
    });
    // All have ended before an error is told: nothing is to be written any more then.
    const ends = await Promise.allSettled(collecting);
    const failed = ends.find(({ status }) => status === "rejected");
    if (failed?.status === "rejected") throw failed.reason;
    if (this.#options.claim !== null) await this.#clear(session, resultsContainer);
    return ends.reduce((sum, end) => sum + (end.status === "fulfilled" ? end.value : 0), 0);
  }

  async #collect(session: PodSession, collection: Collection, report: ReportPreparing): Promise<number> {
    const leftOut = await collect(session, collection, report);
    if (this.#plan.program) await removeGone(session, collection);
    return leftOut;
  }

  /** After a failure, as far as it can be done quickly; what stays, a later run removes. Never fails. */
  async discard(session: PodSession): Promise<void> {
    if (this.#options.claim === null) return;
    const started = (session.watched.latest?.status?.containerStatuses ?? []).some(({ state }) => state?.running);
    const clearing = this.#clear(session, started ? resultsContainer : filesContainer).catch(() => {});
    await Promise.race([clearing, pause(discardMs, undefined, { ref: false })]);
  }

  /** A claim outlives the Pod: what is only this run's goes. */
  async #clear(session: PodSession, container: string): Promise<void> {
    const command = ["sh", "-c", `rm -rf ${labFolder}/${this.runFolder}`];
    const nothing = async () => {};
    await session.exec("clearing the claim", container, () => command, nothing);
  }

  get readsRegistry(): boolean {
    return this.#plan.results === "registry";
  }

  /** A line of the executor. In a claim are entries of other builds: those that this one names are wanted here, too. */
  notice(line: string): void {
    if (this.#options.claim === null) return;
    for (const [entry] of line.matchAll(/\b[\w.-]+:[0-9a-f]{64}\b/g)) this.#named.add(entry);
  }

  /** Of the layer cache, what the executor named and this machine does not have. */
  #wantedEntries(folder: string): string[] {
    return [...this.#named].filter(entry => !existsSync(join(folder, entry, "index.json")));
  }

  async #delivery(placed: PlacedMount): Promise<Delivery> {
    const { mount, place, isLayerCache } = placed;
    const target = this.#inRun(place as string);
    if (isLayerCache) return layerCacheDelivery(placed, target, this.#plan.args);
    const prefix = `${target}/`;
    const filter = mount.path === contextPath ? this.#filter : null;
    const options = filter === null ? {} : filterBelow(prefix, filter);
    return { mount, place: target, addsTo: false, options };
  }

  /** A place that begins with `/` is not the run's own. */
  #inRun(place: string): string {
    if (place.startsWith("/")) return place.slice(1);
    return this.runFolder === "" ? place : `${this.runFolder}/${place}`;
  }
}

function filterBelow(prefix: string, filter: ContextFilter): Delivery["options"] {
  return {
    skip: (path, isFolder) => filter.skip(path.slice(prefix.length), isFolder),
    isEmptied: path => filter.isEmptied(path.slice(prefix.length)),
  };
}

/** Of expired entries Kaniko only reads their dates: their layers stay here. */
async function layerCacheDelivery({ mount }: PlacedMount, place: string, args: readonly string[]): Promise<Delivery> {
  const { expired } = await planLayerCache(mount.hostPath, cacheTtlMs(args));
  const isExpired = new Set(expired.map(entry => `${place}/${entry}`));
  return {
    mount,
    place,
    addsTo: false,
    options: {},
    pack: async (tar, options) => {
      await packFolder(tar, mount.hostPath, `${place}/`, { ...options, skip: path => isExpired.has(path) });
      for (const entry of expired) {
        tar.entry({ name: `${place}/${entry}/`, type: "directory", mode: 0o755 });
        const small = { ...options, maxFileBytes: 1 << 20 };
        await packFolder(tar, join(mount.hostPath, entry), `${place}/${entry}/`, small);
      }
    },
  };
}
