import * as z from "zod/mini";
import { type DiffId, isDigest } from "../model/digest.ts";
import type { HistoryEntry, ImageConfig } from "../model/image.ts";
import { parseDocument } from "./document.ts";

/** With Kaniko's cache every instruction gives a history entry and a layer. */
const maxEntries = 20_000;

const text = z.optional(z.nullable(z.string()));
const list = z.optional(z.nullable(z.array(z.string()).check(z.maxLength(maxEntries))));
const historyForm = z.object({
  created: text,
  created_by: text,
  comment: text,
  empty_layer: z.optional(z.nullable(z.boolean())),
});
const configForm = z.object({
  os: text,
  architecture: text,
  variant: text,
  created: text,
  config: z.optional(
    z.nullable(
      z.object({
        Env: list,
        User: text,
        WorkingDir: text,
        Entrypoint: list,
        Cmd: list,
        Labels: z.optional(z.nullable(z.record(z.string(), z.nullable(z.string())))),
      }),
    ),
  ),
  rootfs: z.object({
    diff_ids: z.nullable(
      z
        .array(z.custom<DiffId>(value => typeof value === "string" && isDigest(value), "a sha256 digest expected"))
        .check(z.maxLength(maxEntries, `more than ${maxEntries} layers`)),
    ),
  }),
  history: z.optional(
    z.nullable(z.array(historyForm).check(z.maxLength(maxEntries, `more than ${maxEntries} entries`))),
  ),
});

/**
 * Reads an image config of OCI or of Docker (they share these fields).
 *
 * @param where names the document in errors.
 * @throws LabError `damaged`, `too-large`
 */
export function parseImageConfig(bytes: Uint8Array | string, where: string): ImageConfig {
  const document = parseDocument(bytes, configForm, where);
  const { config } = document;
  const labels = Object.entries(config?.Labels ?? {}).map(([name, value]) => [name, value ?? ""]);
  return {
    os: document.os ?? "",
    architecture: document.architecture ?? "",
    variant: document.variant ?? "",
    created: realTime(document.created),
    env: config?.Env ?? [],
    user: config?.User ?? "",
    workingDir: config?.WorkingDir ?? "",
    entrypoint: config?.Entrypoint ?? null,
    cmd: config?.Cmd ?? null,
    labels: Object.fromEntries(labels),
    diffIds: document.rootfs.diff_ids ?? [],
    history: (document.history ?? []).map(asHistoryEntry),
    raw: typeof bytes === "string" ? bytes : Buffer.from(bytes).toString("utf8"),
  };
}

function asHistoryEntry(form: z.infer<typeof historyForm>): HistoryEntry {
  return {
    createdBy: form.created_by ?? "",
    created: realTime(form.created),
    comment: form.comment ?? "",
    emptyLayer: form.empty_layer ?? false,
  };
}

/** Go writes its zero time, year 1, where there is none. */
function realTime(time: string | null | undefined): string | null {
  if (!time || time.startsWith("0001-01-01")) return null;
  return Number.isNaN(Date.parse(time)) ? null : time;
}
