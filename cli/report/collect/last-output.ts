import { secretsInText } from "../../../lib/analysis/secrets/secret-scanner.ts";
import type { BuildRecord } from "../../../lib/model/build.ts";
import { replayBuild } from "../../../lib/recording/replay-build.ts";
import { partValue } from "../part-value.ts";
import { partOf } from "./parts.ts";
import type { ReportRequest } from "./request.ts";

const mostLines = 60;

/** The last lines that the step printed which a build failed at; none where they were not kept, or have a secret in them. */
export async function lastOutput(
  { cache, progress }: ReportRequest,
  { id, failure }: BuildRecord,
): Promise<readonly string[]> {
  if (failure === null) return [];
  const read = async () => {
    const lines: string[] = [];
    for await (const event of replayBuild(cache, id, { speed: Number.POSITIVE_INFINITY, signal: progress.signal })) {
      if (event.type !== "output" || event.step !== failure.step) continue;
      lines.push(event.text);
      if (lines.length > mostLines) lines.shift();
    }
    return lines;
  };
  const lines = partValue(await partOf(read)) ?? [];
  return secretsInText(lines.join("\n")).length > 0 ? [] : lines;
}
