/** Which language a file is in, by its name. Pure; the grammars themselves are loaded with `highlight.ts`. */

const byExtension: Readonly<Record<string, string>> = {
  bash: "bash",
  c: "c",
  cc: "cpp",
  cfg: "ini",
  cjs: "javascript",
  conf: "ini",
  cpp: "cpp",
  css: "css",
  diff: "diff",
  dockerfile: "dockerfile",
  go: "go",
  h: "c",
  hpp: "cpp",
  htm: "xml",
  html: "xml",
  ini: "ini",
  java: "java",
  js: "javascript",
  json: "json",
  jsx: "javascript",
  md: "markdown",
  mjs: "javascript",
  mk: "makefile",
  patch: "diff",
  php: "php",
  pl: "perl",
  pm: "perl",
  py: "python",
  rb: "ruby",
  rs: "rust",
  sh: "bash",
  sql: "sql",
  svg: "xml",
  toml: "ini",
  ts: "typescript",
  tsx: "typescript",
  xml: "xml",
  yaml: "yaml",
  yml: "yaml",
};

const byName: Readonly<Record<string, string>> = {
  ".bashrc": "bash",
  ".profile": "bash",
  containerfile: "dockerfile",
  dockerfile: "dockerfile",
  makefile: "makefile",
  profile: "bash",
};

/** The language for highlight.js, or null. */
export function languageOf(path: string, firstLine: string): string | null {
  const name = path.slice(path.lastIndexOf("/") + 1).toLowerCase();
  const known = byName[name] ?? (name.startsWith("dockerfile.") ? "dockerfile" : undefined);
  if (known) return known;
  const extension = name.includes(".") ? name.slice(name.lastIndexOf(".") + 1) : "";
  return (Object.hasOwn(byExtension, extension) ? byExtension[extension] : undefined) ?? languageOfScript(firstLine);
}

/** `#!/bin/sh`, `#!/usr/bin/env python3`. */
function languageOfScript(firstLine: string): string | null {
  const interpreter = /^#!\s*\S*?(?:env\s+)?([a-z]+)[\d.]*(?:\s|$)/.exec(firstLine)?.[1];
  if (interpreter === undefined) return null;
  if (/^(?:ba|da|k|z)?sh$/.test(interpreter)) return "bash";
  return { python: "python", perl: "perl", ruby: "ruby", node: "javascript", php: "php" }[interpreter] ?? null;
}
