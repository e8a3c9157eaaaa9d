import { readUses } from "../../lib/kaniko-cache/list-caches.ts";
import { findVerifiable, type Verifiable } from "../../lib/kaniko-cache/verify/find-verifiable.ts";
import { type Verification, verifyEntry } from "../../lib/kaniko-cache/verify/verify-entry.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { verificationDocument, verificationLines } from "../display/verification.ts";
import { type RerunArgs, rerunOf, rerunStatus, withRerunOptions } from "./rerun-options.ts";
import { labOf, progressOf } from "./target-options.ts";

interface VerifyArgs extends RerunArgs {
  readonly entry?: string;
  readonly step?: number;
}

export const command: Command = {
  examples: [
    ["$0 cache verify 126e725e", "run the step of an entry again and compare"],
    ["$0 cache verify latest --step 5", "the entry of a step"],
  ],
  options: argv =>
    withRerunOptions(argv)
      .positional("entry", { type: "string", describe: "An entry, as of cache show; with --step a build" })
      .option("step", { type: "number", requiresArg: true, describe: "A step of the build (default: the latest)" }),
  async run(context, args: VerifyArgs) {
    const { cache, output, signal, workingFolder } = context;
    const uses = await readUses(cache);
    const options = { uses, workingFolder, signal };
    const found = await findVerifiable(cache, args.entry ?? null, args.step ?? null, options);
    const verification = await verify(context, found, args);
    output.status("");
    if (output.json) output.document(verificationDocument(found, verification));
    else for (const line of verificationLines(found, verification, output.style)) output.line(line);
    return verification.verdict === "same" || verification.verdict === "times" ? 0 : 1;
  },
};

async function verify(context: CliContext, found: Verifiable, args: VerifyArgs): Promise<Verification> {
  const { build, step, entry, source } = found;
  const rerun = await rerunOf(context, args, build);
  return verifyEntry({
    cache: context.cache,
    lab: labOf(context),
    build,
    step,
    target: entry.target,
    source,
    ...rerun,
    signal: context.signal,
    onEvent: event => context.output.status(rerunStatus(event) ?? ""),
    progress: progressOf(context),
  });
}
