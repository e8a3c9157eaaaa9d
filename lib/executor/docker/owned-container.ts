import { randomBytes } from "node:crypto";
import type Docker from "dockerode";
import { LabError } from "../../error.ts";
import type { Engine } from "./connect-engine.ts";
import { type ContainerPlan, containerOptions } from "./container-options.ts";
import { callEngine, engineMessage, isAnswerError } from "./engine-call.ts";

/** In a hurry, all is over within five seconds, also with an engine that hangs: these and what is left for removing. */
const hurryMs = 4800;
const createdWithinMs = 1500;
const stoppedWithinMs = 2300;
/** The executor is asked to end, and killed this long after. */
const graceSeconds = 1;
/** Removing a large container takes its time when the disk is busy. */
const unhurriedMs = 60_000;

/**
 * A container of ours from before its creation to its removal. It is known by a name of our choice, so that it can be
 * removed even when the engine's answer to the create request never came.
 */
export class OwnedContainer {
  readonly name = `kaniko-lab-${process.pid}-${randomBytes(6).toString("hex")}`;
  readonly container: Docker.Container;
  #id = "";
  #creating: Promise<void> | null = null;
  #removing: Promise<void> | null = null;

  constructor(engine: Engine) {
    this.container = engine.docker.getContainer(this.name);
  }

  /** The engine's id, shortened as the docker command shows it; our name until it is known. */
  get id(): string {
    return this.#id.slice(0, 12) || this.name;
  }

  /** @throws LabError `executor-unavailable`, `engine-lost` */
  async create(engine: Engine, plan: Omit<ContainerPlan, "name">, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const what = "create the container";
    const options = containerOptions({ ...plan, name: this.name });
    // The signal ends the waiting, not the call: what the engine has begun to make must be there before it can be removed.
    this.#creating = callEngine({ what, deadlineMs: unhurriedMs }, async () => {
      const created = await engine.docker.createContainer(options);
      this.#id = created.id;
    });
    const creating = this.#creating;
    try {
      await callEngine({ what, deadlineMs: null, signal }, () => creating);
    } catch (error) {
      throw isAnswerError(error) ? notCreated(plan, error) : error;
    }
  }

  /** @throws LabError `executor-unavailable` */
  async start(plan: Omit<ContainerPlan, "name">, signal: AbortSignal): Promise<void> {
    try {
      await callEngine({ what: "start the container", deadlineMs: unhurriedMs, signal }, () => this.container.start());
    } catch (error) {
      throw isAnswerError(error) ? notStarted(plan, error) : error;
    }
  }

  /** Leaves it where it is. @returns lines for the user */
  leave(): readonly string[] {
    this.#removing ??= Promise.resolve();
    return [
      `the container ${this.name} was left, with the files as they were when it failed; it may hold credentials`,
      `look at it: docker diff ${this.name}; docker export ${this.name} | tar -tv`,
      `remove it: docker rm --force --volumes ${this.name}, or kaniko-lab doctor --fix`,
    ];
  }

  /**
   * Ends what runs and removes container and volumes; the same promise for all who ask.
   * @param hurry within five seconds, whatever the engine does; asks the executor to end first
   * @throws LabError `engine-lost` saying what may be left.
   */
  remove(hurry: boolean): Promise<void> {
    this.#removing ??= this.#remove(hurry);
    return this.#removing;
  }

  async #remove(hurry: boolean): Promise<void> {
    const creating = this.#creating;
    if (creating === null) return;
    const endAt = Date.now() + (hurry ? hurryMs : unhurriedMs);
    await callEngine({ what: "wait for the container", deadlineMs: createdWithinMs }, () => creating).catch(() => {});
    try {
      if (hurry && this.#id !== "") await this.#stop();
      await this.#delete(Math.max(1000, endAt - Date.now()));
    } catch (error) {
      throw new LabError("engine-lost", `the container ${this.id} may be left in the engine: ${engineMessage(error)}`, {
        hint: `when the engine works again: docker rm --force --volumes ${this.name}`,
        cause: error,
      });
    }
  }

  /** Failing to stop is no reason not to remove. */
  async #stop(): Promise<void> {
    const call = { what: "stop the container", deadlineMs: stoppedWithinMs };
    await callEngine(call, () => this.container.stop({ t: graceSeconds })).catch(() => {});
  }

  async #delete(deadlineMs: number): Promise<void> {
    try {
      await callEngine({ what: "remove the container", deadlineMs }, () =>
        this.container.remove({ force: true, v: true }),
      );
    } catch (error) {
      const isGone =
        isAnswerError(error) && (error.statusCode === 404 || /already in progress/.test(engineMessage(error)));
      if (!isGone) throw error;
    }
  }
}

function notCreated(plan: Omit<ContainerPlan, "name">, error: unknown): LabError {
  return new LabError(
    "executor-unavailable",
    `the engine cannot make a container of ${plan.image.reference}: ${engineMessage(error)}`,
    {
      hint: "look at the image's name, the engine's free disk space and its log",
      cause: error,
    },
  );
}

export function notStarted(plan: Omit<ContainerPlan, "name">, error: unknown): LabError {
  const message = engineMessage(error);
  const hint = /port is already allocated|address already in use/i.test(message)
    ? "another program has that port: choose another one with --debug-port"
    : /exec format error/i.test(message)
      ? "that executor was built for another processor"
      : /no such file|not found|permission denied/i.test(message)
        ? `is ${plan.image.entrypoint.join(" ")} in that image, and is it a program?`
        : "look at the engine's log";
  return new LabError("executor-unavailable", `the executor cannot be started: ${message}`, { hint, cause: error });
}
