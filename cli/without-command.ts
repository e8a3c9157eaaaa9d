/** What a line without a command means: the terminal UI where there is something to see in it, else what is here. */

import { BuildStore } from "../lib/store/build-store.ts";
import { canShowTui } from "./commands/tui.ts";
import { createContext } from "./context.ts";

export async function commandInstead(argv: readonly string[], signal: AbortSignal): Promise<"tui" | "overview"> {
  if (argv.length > 0) return "overview";
  const context = await createContext({}, signal);
  if (!canShowTui(context)) return "overview";
  const ids = await new BuildStore(context.cache).ids().catch(() => []);
  return ids.length > 0 ? "tui" : "overview";
}
