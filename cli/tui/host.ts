/** The terminal UI that is on the screen, for commands that are run inside of it: what they would show is shown there. */

import type { BatchSource, LiveSource, WatchSource } from "./options.ts";

export interface HostRequest {
  readonly target: string | null;
  readonly live?: LiveSource | undefined;
  readonly watch?: WatchSource | undefined;
  readonly batch?: BatchSource | undefined;
}

export interface TuiHost {
  /** @returns when what is live has ended; at once for a target. @throws LabError `usage` while another build runs here. */
  show(request: HostRequest): Promise<void>;
}
