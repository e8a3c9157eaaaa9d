import { readdirSync, readFileSync } from "node:fs";

/** What the real parsers say; see the README beside the fixtures. */

const folder = new URL("../../fixtures/dockerfile/", import.meta.url);

export interface ExpectedCommand {
  readonly name: string;
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
  readonly trigger?: string;
}

export interface ExpectedStage {
  readonly name: string;
  readonly base: string;
  readonly platform: string;
  readonly text: string;
  readonly line: number;
  readonly endLine: number;
  readonly commands: readonly ExpectedCommand[];
}

export interface ExpectedFile {
  readonly escape: string;
  readonly directives: readonly unknown[];
  readonly nodes: readonly { readonly value: string }[];
  readonly globalArgs: readonly ExpectedCommand[];
  readonly stages: readonly ExpectedStage[];
}

export interface ExpectedFault {
  readonly error: string;
  readonly line?: number;
}

export interface WordCase {
  readonly word: string;
  readonly escape: "\\" | "`";
  readonly rawQuotes?: boolean;
  readonly rawEscapes?: boolean;
  readonly skipQuotes?: boolean;
  readonly keepUnset?: boolean;
  readonly error?: string;
  readonly result?: string;
  readonly words?: readonly string[];
  readonly matched?: readonly string[];
  readonly unmatched?: readonly string[];
}

export interface ResolveCase {
  readonly name: string;
  readonly text: string;
  readonly buildArgs: readonly string[];
  readonly target: string;
  readonly stages: readonly {
    readonly index: number;
    readonly base: string;
    readonly baseIndex: number;
    readonly commands: readonly string[];
    readonly copyFrom: readonly string[];
  }[];
  readonly error: string | null;
}

function readJson(name: string): unknown {
  return JSON.parse(readFileSync(new URL(name, folder), "utf8"));
}

export const textNames = readdirSync(new URL("texts/", folder))
  .filter(name => name.endsWith(".Dockerfile"))
  .map(name => name.replace(".Dockerfile", ""));

export function readText(name: string): string {
  return readFileSync(new URL(`texts/${name}.Dockerfile`, folder), "utf8");
}

export const expectedFiles = readJson("parse.json") as Readonly<Record<string, ExpectedFile | ExpectedFault>>;
export const expectedWords = readJson("words.json") as {
  readonly variables: readonly string[];
  readonly cases: readonly WordCase[];
};
export const expectedStages = readJson("resolve.json") as readonly ResolveCase[];

/** `NAME=value` lines as name and value; of several with one name the last counts. */
export function assignments(lines: readonly string[]): Map<string, string> {
  return new Map(lines.map(line => [line.slice(0, line.indexOf("=")), line.slice(line.indexOf("=") + 1)]));
}
