import { createHash } from "node:crypto";
import type * as z from "zod/mini";
import { LabError } from "../error.ts";
import { type Digest, digestOfHex } from "../model/digest.ts";

/** More than registries accept: a larger manifest or config is not read at all. */
export const maxDocumentBytes = 8 << 20;

/**
 * A JSON document from outside, in the expected form.
 *
 * @param where names the document in errors: `manifest sha256:… of oci:out`.
 * @throws LabError `too-large`, `damaged`
 */
export function parseDocument<T>(bytes: Uint8Array | string, form: z.ZodMiniType<T>, where: string): T {
  const parsed = form.safeParse(parseJson(bytes, where));
  if (parsed.success) return parsed.data;
  const issue = parsed.error.issues[0];
  const at = (issue?.path ?? []).map(String).join(".").slice(0, 100);
  throw new LabError("damaged", `${where} is damaged: ${at === "" ? "" : `${at}: `}${issueText(issue)}`);
}

function parseJson(bytes: Uint8Array | string, where: string): unknown {
  if (bytes.length > maxDocumentBytes) {
    throw new LabError(
      "too-large",
      `${where} has ${bytes.length} bytes, more than the ${maxDocumentBytes} that are read`,
    );
  }
  try {
    return JSON.parse(typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8"));
  } catch {
    throw new LabError("damaged", `${where} is damaged: it is not valid JSON`);
  }
}

function issueText(issue: { code?: string | undefined; message?: string } | undefined): string {
  const { code, expected } = (issue ?? {}) as { code?: string; expected?: string };
  if (code === "invalid_type") return `${expected} expected`;
  return issue?.message ?? "unexpected form";
}

export function sha256Of(bytes: Uint8Array): Digest {
  return digestOfHex(createHash("sha256").update(bytes).digest("hex"));
}
