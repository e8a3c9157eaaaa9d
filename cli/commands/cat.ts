import { isUtf8 } from "node:buffer";
import { LabError } from "../../lib/error.ts";
import type { Command } from "../command.ts";
import { cleanPath } from "./path-argument.ts";
import { chosenStep, openTarget, type StepArgs, withStepOptions, withTarget } from "./target-options.ts";

interface Args extends StepArgs {
  readonly target: string;
  readonly path: string;
}

export const command: Command = {
  examples: [
    ["$0 cat latest /etc/passwd", "as it is in the image"],
    ["$0 cat latest /etc/passwd --step 3", "as it was after step 3"],
  ],
  options: argv =>
    withStepOptions(withTarget(argv, { demandOption: true })).positional("path", {
      type: "string",
      describe: "File in the image",
      demandOption: true,
    }),
  async run(context, args: Args) {
    const { lab, target, progress } = await openTarget(context, args.target);
    const step = chosenStep(target, args);
    const path = cleanPath(args.path);
    const content = lab.readFile(target, step, path, progress);
    if (context.output.json) {
      context.output.document({ target: target.name, step: step.number, path, ...(await contentDocument(content)) });
      return 0;
    }
    for await (const chunk of content) {
      if (context.output.isClosed) break;
      await context.output.bytes(chunk);
    }
    return 0;
  },
};

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
