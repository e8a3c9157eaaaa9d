import type { Variables } from "../dockerfile/expansion.ts";
import { formatPlatform, machinePlatform, type Platform, parsePlatform } from "../image/platform.ts";

/**
 * TARGETPLATFORM and the like, as the fork fills them in (`InitPredefinedArgs`).
 * @param custom `--custom-platform`, or null
 * @param targetStage the name of the stage that is built, or ""
 * @param build of the machine that runs the executor
 */
export function platformArguments(
  custom: string | null,
  targetStage: string,
  build: Platform = machinePlatform(),
): Variables {
  const target = custom === null ? build : parsePlatform(custom);
  return new Map([
    ...argumentsOf("BUILD", build, formatPlatform(build)),
    ...argumentsOf("TARGET", target, custom ?? formatPlatform(target)),
    ["TARGETSTAGE", targetStage === "" ? "default" : targetStage],
  ]);
}

function argumentsOf(prefix: string, { os, architecture, variant }: Platform, text: string): [string, string][] {
  return [
    [`${prefix}PLATFORM`, text],
    [`${prefix}OS`, os],
    [`${prefix}OSVERSION`, ""],
    [`${prefix}ARCH`, architecture],
    [`${prefix}VARIANT`, variant],
  ];
}
