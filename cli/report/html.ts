/** A report as one HTML file: the page's program and style, the document, and its tables compressed. Nothing is fetched. */

import { createHash } from "node:crypto";
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import { showText } from "../../lib/model/path-text.ts";
import type { ReportDocument } from "./document.ts";
import { packTables } from "./packed/pack-tables.ts";
import type { PageAsset } from "./page-asset.ts";
import type { PageDocument } from "./page-document.ts";
import { partValue } from "./part-value.ts";

export async function reportHtml(document: ReportDocument, { script, style }: PageAsset): Promise<string> {
  const files = partValue(document.files);
  const tables = await promisify(gzip)(packTables(files, document.changes), { level: 9 });
  // No address may be asked for anything: not even by a mistake of the page's program.
  const policy = [
    "default-src 'none'",
    `script-src '${hashOf(script)}'`,
    `style-src '${hashOf(style)}'`,
    "base-uri 'none'",
    "form-action 'none'",
  ].join("; ");
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="referrer" content="no-referrer">
<meta name="generator" content="kaniko-lab">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(titleOf(document))}</title>
<style>${style}</style>
</head>
<body>
<div id="app"><p class="loading">This page is put together by the script in it; nothing is fetched. Where scripts are off: kaniko-lab report --as markdown.</p></div>
<script type="application/json" id="report-document">${inScript(JSON.stringify(pageDocument(document)))}</script>
<script type="text/plain" id="report-tables">${tables.toString("base64")}</script>
<script type="module">${script}</script>
</body>
</html>
`;
}

export function titleOf({ side, comparison }: ReportDocument): string {
  const names = comparison === null ? [side] : [comparison.one, side];
  return `${names.map(nameOf).join(" → ")} – kaniko-lab`;
}

function nameOf({ name }: ReportDocument["side"]): string {
  return showText(name);
}

function pageDocument(document: ReportDocument): PageDocument {
  const { files, changes } = document;
  return {
    ...document,
    files: "value" in files ? { value: { step: files.value.step, leftOut: files.value.leftOut } } : files,
    changes: changes.map(({ step, counts, leftOut }) => ({ step, counts, leftOut })),
  };
}

/** What could end the script element, or begin a comment in it, begins with this sign. */
function inScript(json: string): string {
  return json.replaceAll("<", "\\u003c");
}

function escapeHtml(text: string): string {
  const escapes: Readonly<Record<string, string>> = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    '"': "&quot;",
    "'": "&#39;",
  };
  return text.replace(/[&<>"']/g, character => escapes[character] as string);
}

function hashOf(text: string): string {
  return `sha256-${createHash("sha256").update(text).digest("base64")}`;
}
