/** Colours of code. Loaded only when a file is viewed whose language is known. */

import bash from "highlight.js/lib/languages/bash";
import c from "highlight.js/lib/languages/c";
import cpp from "highlight.js/lib/languages/cpp";
import css from "highlight.js/lib/languages/css";
import diff from "highlight.js/lib/languages/diff";
import dockerfile from "highlight.js/lib/languages/dockerfile";
import go from "highlight.js/lib/languages/go";
import ini from "highlight.js/lib/languages/ini";
import java from "highlight.js/lib/languages/java";
import javascript from "highlight.js/lib/languages/javascript";
import json from "highlight.js/lib/languages/json";
import makefile from "highlight.js/lib/languages/makefile";
import markdown from "highlight.js/lib/languages/markdown";
import perl from "highlight.js/lib/languages/perl";
import php from "highlight.js/lib/languages/php";
import python from "highlight.js/lib/languages/python";
import ruby from "highlight.js/lib/languages/ruby";
import rust from "highlight.js/lib/languages/rust";
import sql from "highlight.js/lib/languages/sql";
import typescript from "highlight.js/lib/languages/typescript";
import xml from "highlight.js/lib/languages/xml";
import yaml from "highlight.js/lib/languages/yaml";
import { createLowlight } from "lowlight";
import { showLine } from "../text/show-line.ts";
import { type Row, type Span, span, type Tone } from "../text/spans.ts";

const lowlight = createLowlight({
  bash,
  c,
  cpp,
  css,
  diff,
  dockerfile,
  go,
  ini,
  java,
  javascript,
  json,
  makefile,
  markdown,
  perl,
  php,
  python,
  ruby,
  rust,
  sql,
  typescript,
  xml,
  yaml,
});

type HighlightNode = ReturnType<typeof lowlight.highlight>["children"][number];

const toneOfClass: Readonly<Record<string, Tone>> = {
  "hljs-keyword": "keyword",
  "hljs-built_in": "keyword",
  "hljs-literal": "number",
  "hljs-number": "number",
  "hljs-string": "string",
  "hljs-regexp": "string",
  "hljs-comment": "comment",
  "hljs-doctag": "comment",
  "hljs-title": "name",
  "hljs-name": "name",
  "hljs-attr": "name",
  "hljs-section": "name",
  "hljs-variable": "accent",
  "hljs-addition": "added",
  "hljs-deletion": "deleted",
};

/** @returns one row for each line. */
export function highlightLines(lines: readonly string[], language: string): Row[] {
  // The grammar sees the text as it will be shown, so that what it gives is safe for the screen.
  const shown = lines.map(line => showLine(line));
  const rows: Span[][] = [[]];
  for (const piece of piecesOf(lowlight.highlight(language, shown.join("\n")).children, "plain")) {
    for (const [at, text] of piece.text.split("\n").entries()) {
      if (at > 0) rows.push([]);
      if (text !== "") rows.at(-1)?.push(span(text, piece.tone));
    }
  }
  return rows;
}

function piecesOf(nodes: readonly HighlightNode[], tone: Tone): Span[] {
  return nodes.flatMap((node): Span[] => {
    if (node.type === "text") return [span(node.value, tone)];
    if (node.type !== "element") return [];
    return piecesOf(node.children, toneOfElement(node.properties.className) ?? tone);
  });
}

function toneOfElement(classes: unknown): Tone | undefined {
  const first: unknown = Array.isArray(classes) ? classes[0] : undefined;
  return typeof first === "string" ? toneOfClass[first] : undefined;
}
