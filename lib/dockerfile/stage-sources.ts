import type { Instruction, Stage } from "./dockerfile.ts";
import { toLower } from "./go-text.ts";
import { parseMountFrom } from "./mount.ts";

/** A `--from=` of COPY or of a RUN mount. */
export interface StageSource {
  /** Kaniko honours it for COPY only; mounts from stages and images it skips with a warning. */
  readonly via: "COPY" | "MOUNT";
  /** The instruction. */
  readonly text: string;
  readonly line: number;
  /** As written. */
  readonly from: string;
  /** The earlier stage that it names, or null. */
  readonly stage: number | null;
  /** The image reference, when it names no stage; null for a number that is no earlier stage. */
  readonly image: string | null;
}

/** Finds stages by name: of several with one name the last one up to a limit counts, as in Kaniko. */
export class StageNames {
  readonly #indexes = new Map<string, number[]>();

  constructor(stages: readonly Stage[]) {
    for (const { name, index } of stages) {
      if (name === "") continue;
      const known = this.#indexes.get(name);
      if (known === undefined) this.#indexes.set(name, [index]);
      else known.push(index);
    }
  }

  first(name: string): number | undefined {
    return this.#indexes.get(name)?.[0];
  }

  lastUpTo(name: string, limit: number): number | undefined {
    return this.#indexes.get(name)?.findLast(index => index <= limit);
  }
}

/** Where the instructions of stage `index` take files from, in order. `limit`: the last stage that is looked at. */
export function sourcesOf(
  instructions: readonly Instruction[],
  index: number,
  limit: number,
  names: StageNames,
): StageSource[] {
  return instructions.flatMap(instruction =>
    fromsOf(instruction).map(({ via, from }) => {
      const { text, line } = instruction;
      const number = names.lastUpTo(toLower(from), limit) ?? (/^[+-]?\d+$/.test(from) ? Number(from) : null);
      if (number === null) return { via, text, line, from, stage: null, image: from };
      return { via, text, line, from, stage: number >= 0 && number < index ? number : null, image: null };
    }),
  );
}

type From = Pick<StageSource, "via" | "from">;

function fromsOf(instruction: Instruction): From[] {
  if (instruction.keyword !== "COPY" && instruction.keyword !== "RUN") return [];
  const prefix = instruction.keyword === "COPY" ? "--from=" : "--mount=";
  const values = instruction.flags.filter(flag => flag.startsWith(prefix)).map(flag => flag.slice(prefix.length));
  const froms: From[] =
    instruction.keyword === "COPY"
      ? values.map(from => ({ via: "COPY", from }))
      : values.map(mount => ({ via: "MOUNT", from: parseMountFrom(mount) }));
  return froms.filter(({ from }) => from !== "");
}
