import { commandOf, commandTable } from "./command-table.ts";

/**
 * What the user types to run this program. A clone is started by npm, which has not put the program on the user's path.
 * Within another script of npm (`npm test`), or a program that npm has started (`npx vitest`), it is.
 */
export function programWord(env: Readonly<Record<string, string | undefined>> = process.env): string {
  const { npm_lifecycle_event: event, npm_lifecycle_script: script = "" } = env;
  // npm puts words in quotes.
  const isByExec = event === "npx" && /^['"]?(?:kaniko-lab|klab)\b/.test(script);
  return isByExec || event === "start" ? "npm exec kaniko-lab --" : "kaniko-lab";
}

/** Lines to type that stand in a hint, as this user has to type them. Other uses of the name stay as they are. */
export function inProgramWords(text: string, program: string = programWord()): string {
  if (program === "kaniko-lab") return text;
  return text.replace(/\bkaniko-lab ([a-z]+)\b/g, (line, command: string) =>
    commandNames.has(command) ? `${program} ${command}` : line,
  );
}

const commandNames: ReadonlySet<string> = new Set(commandTable.map(({ usage }) => commandOf(usage)));
