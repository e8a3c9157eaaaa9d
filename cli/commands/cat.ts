import { isUtf8 } from "node:buffer";
import { LabError } from "../../lib/error.ts";
import { readEntry } from "../../lib/lab/read-entry.ts";
import { showText } from "../../lib/model/path-text.ts";
import type { Command } from "../command.ts";
import type { CliContext } from "../context.ts";
import { pathAloneHint } from "../usage-error.ts";
import { cleanPath } from "./path-argument.ts";
import {
  chosenStep,
  type OpenedTarget,
  openTarget,
  type StepArgs,
  withStepOptions,
  withTarget,
} from "./target-options.ts";

interface Args extends StepArgs {
  readonly target: string;
  readonly path?: string;
  readonly layer?: number;
  readonly entry?: number;
}

export const command: Command = {
  examples: [
    ["$0 cat latest /etc/passwd", "as it is in the image"],
    ["$0 cat latest /etc/passwd --step 3", "as it was after step 3"],
    ["$0 cat latest /etc/passwd --layer 2", "as layer 2 has it, whatever came later"],
  ],
  options: argv =>
    withStepOptions(withTarget(argv, { demandOption: true }))
      .positional("path", { type: "string", describe: "File in the image" })
      .option("layer", {
        type: "number",
        describe: "As this layer has it (kaniko-lab layers numbers them)",
        requiresArg: true,
        conflicts: ["step", "stage"],
      })
      .option("entry", {
        type: "number",
        describe: "With --layer: this entry of its tar, as search --content tells; default: the last of the path",
        requiresArg: true,
        implies: "layer",
      }),
  async run(context, args: Args) {
    if (args.path === undefined && args.entry === undefined) {
      const hint = args.target.startsWith("/") ? pathAloneHint("cat", args.target) : "kaniko-lab cat --help";
      throw new LabError("usage", "cat needs <target> and <path>", { hint });
    }
    const opened = await openTarget(context, args.target);
    const path = args.path === undefined ? null : cleanPath(args.path);
    const { content, ...what } =
      args.layer === undefined ? atStep(context, opened, args, path) : inLayer(context, opened, args, path);
    if (context.output.json) {
      context.output.document({ target: opened.target.name, ...what, path, ...(await contentDocument(content)) });
      return 0;
    }
    for await (const chunk of content) {
      if (context.output.isClosed) break;
      await context.output.bytes(chunk);
    }
    return 0;
  },
};

function atStep(context: CliContext, { lab, target, progress }: OpenedTarget, args: Args, path: string | null) {
  const step = chosenStep(target, args);
  const onDamage = (error: LabError) =>
    context.output.note(`the file is whole, but the image is not: ${showText(error.message)}`);
  return { step: step.number, content: lab.readFile(target, step, path ?? "", { ...progress, onDamage }) };
}

function inLayer(context: CliContext, { lab, target, progress }: OpenedTarget, args: Args, path: string | null) {
  const choice = { layer: args.layer as number, entry: args.entry ?? null, path };
  return { ...choice, content: readEntry(lab, context.cache, target, choice, progress) };
}

/** A document is held in memory as a whole, and most readers of JSON do the same. */
const largestDocumentBytes = 64 * 1024 * 1024;

/** The content as text, or in base64 where it is not UTF-8. */
async function contentDocument(content: AsyncIterable<Uint8Array>): Promise<object> {
  const chunks: Uint8Array[] = [];
  let sizeBytes = 0;
  for await (const chunk of content) {
    chunks.push(chunk);
    sizeBytes += chunk.length;
    if (sizeBytes > largestDocumentBytes) {
      throw new LabError("too-large", "the file is too large for a JSON document", {
        hint: "without --json, cat writes its bytes",
      });
    }
  }
  const bytes = Buffer.concat(chunks);
  const encoding = isUtf8(bytes) ? "utf8" : "base64";
  return { sizeBytes, encoding, content: bytes.toString(encoding) };
}
