import type { Lab, ProgressOptions } from "../../../lib/lab/lab.ts";
import type { CacheFolder } from "../../../lib/store/cache-folder.ts";

/** What every part of a report is collected with. */
export interface ReportRequest {
  readonly cache: CacheFolder;
  readonly lab: Lab;
  readonly progress: ProgressOptions;
}
