import { existsSync } from "node:fs";
import { dirname, join } from "node:path";

/** The top of the checkout that a folder is in: where `.git` is; null for a folder of none. */
export function findCheckout(folder: string): string | null {
  for (let at = folder; ; at = dirname(at)) {
    if (existsSync(join(at, ".git"))) return at;
    if (at === dirname(at)) return null;
  }
}
