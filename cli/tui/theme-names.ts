/** Which colours there are, and which are taken. */

import { LabError } from "../../lib/error.ts";

export const themeNames = ["default", "light", "colour-blind", "no-colour"] as const;
export type ThemeName = (typeof themeNames)[number];

/**
 * What was asked for, else KANIKO_LAB_THEME, else none where NO_COLOR is set and not empty.
 * @throws LabError `usage` for an unknown name in the environment.
 */
export function chooseTheme(name: ThemeName | undefined, env: NodeJS.ProcessEnv): ThemeName {
  if (name !== undefined) return name;
  const { KANIKO_LAB_THEME: wanted, NO_COLOR: without } = env;
  if (!wanted) return without ? "no-colour" : "default";
  if (isThemeName(wanted)) return wanted;
  throw new LabError("usage", `KANIKO_LAB_THEME: there is no theme ${JSON.stringify(wanted)}`, {
    hint: `themes: ${themeNames.join(", ")}`,
  });
}

export function isThemeName(text: string): text is ThemeName {
  return themeNames.some(name => name === text);
}
