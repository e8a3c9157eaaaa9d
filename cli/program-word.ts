/**
 * What the user types to run this program. A clone is started by npm, which has not put the program on the user's path.
 * Within another script of npm (`npm test`) it is.
 */
export function programWord(env: Readonly<Record<string, string | undefined>> = process.env): string {
  return /^(?:npx|start)$/.test(env.npm_lifecycle_event ?? "") ? "npm exec kaniko-lab --" : "kaniko-lab";
}
