import type { Limit } from "./limits.ts";
import type { Command } from "./process-time.ts";

/** One line of the table: a command of ours, what it is compared with, what it must reach, and what it stands against. */
export interface Row {
  readonly work: string;
  readonly ours: Command;
  readonly peers: readonly Peer[];
  readonly mustTakeSeconds?: number | undefined;
  readonly mustUseMb?: number | undefined;
  readonly limit: Limit;
}

export interface Peer {
  readonly name: string;
  readonly command: Command;
  /** Our time must be at most so much of the peer's. */
  readonly mustBeRatio?: number | undefined;
}
