import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";

// Who may import whom. The rules are in ARCHITECTURE.md; this test holds them.

const top = fileURLToPath(new URL("../..", import.meta.url));

/** Parts without I/O: text and data in, data out. */
const pureParts = [
  "lib/model",
  "lib/dockerfile",
  "lib/cache-key",
  "lib/executor/log-events.ts",
  "lib/executor/log-line.ts",
  "lib/build/progress.ts",
  "lib/ci",
  "lib/render",
];
const allowedInPure = new Set(["node:crypto", "node:util", "node:path"]);

/** Loaded only where they are used, as importing them takes a noticeable part of a second. */
const heavyPackages = ["dockerode", "ink", "react", "@kubernetes/client-node", "highlight.js", "lowlight", "chokidar"];

interface Import {
  readonly from: string;
  readonly what: string;
  readonly typeOnly: boolean;
  readonly lazy: boolean;
}

function sourceFiles(folder: string): string[] {
  return readdirSync(join(top, folder), { recursive: true, withFileTypes: true })
    .filter(entry => entry.isFile() && /\.tsx?$/.test(entry.name))
    .map(entry => relative(top, join(entry.parentPath, entry.name)));
}

function importsOf(file: string): Import[] {
  const text = readFileSync(join(top, file), "utf8").replace(/^\s*(?:\/\/|\*).*$/gm, "");
  const found: Import[] = [];
  for (const match of text.matchAll(/^(?:import|export)\s+(type\s)?[^;]*?from\s+"([^"]+)"/gms)) {
    found.push({ from: file, what: match[2] as string, typeOnly: match[1] !== undefined, lazy: false });
  }
  for (const match of text.matchAll(/\bimport\("([^"]+)"\)/g)) {
    found.push({ from: file, what: match[1] as string, typeOnly: false, lazy: true });
  }
  return found.map(item => ({
    ...item,
    what: item.what.startsWith(".") ? relative(top, resolve(top, dirname(file), item.what)) : item.what,
  }));
}

const imports = [...sourceFiles("lib"), ...sourceFiles("cli")].flatMap(importsOf);

describe("imports", () => {
  test("the library never imports the program", () => {
    expect(imports.filter(({ from, what }) => from.startsWith("lib/") && what.startsWith("cli/"))).toEqual([]);
  });

  test("pure parts import no I/O", () => {
    const inPure = (file: string) => pureParts.some(part => file === part || file.startsWith(`${part}/`));
    const impure = imports.filter(
      ({ from, what, typeOnly }) => inPure(from) && !typeOnly && /^node:/.test(what) && !allowedInPure.has(what),
    );
    expect(impure).toEqual([]);
  });

  test("heavy packages are imported lazily, or in parts that are", () => {
    const clientParts = "lib/executor/kubernetes/client-parts.ts";
    const lazyParts = ["cli/tui/", clientParts];
    const eager = imports.filter(
      ({ from, what, typeOnly, lazy }) =>
        !typeOnly &&
        !lazy &&
        [...heavyPackages, "./client-parts.ts"].some(name => what === name || what.startsWith(`${name}/`)) &&
        !lazyParts.some(part => from.startsWith(part)),
    );
    expect(eager).toEqual([]);
  });

  test("only the program writes to the terminal or ends the process", () => {
    const offenders = sourceFiles("lib").filter(file =>
      /\bconsole\.|process\.(?:exit\(|stdout|stderr)/.test(
        readFileSync(join(top, file), "utf8").replace(/^\s*(?:\/\/|\*).*$/gm, ""),
      ),
    );
    expect(offenders).toEqual([]);
  });
});
