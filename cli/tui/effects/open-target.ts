import type { Lab } from "../../../lib/lab/lab.ts";
import { showText } from "../../../lib/model/path-text.ts";
import type { Target } from "../../../lib/model/target.ts";
import type { Store } from "../store.ts";
import { runLatest, type Stop } from "./latest.ts";
import { withProgress } from "./show-progress.ts";

/** Opens what is wanted: to look at it, or to compare with it. */
export function openTargets(store: Store, lab: Lab): Stop {
  return runLatest(store, {
    key: ({ wanted }) => wanted && [wanted],
    async run({ wanted, target: before }, signal) {
      if (!wanted) return;
      const target = await withProgress(store, signal, options => lab.openTarget(wanted.word, options)).catch(error => {
        if (!signal.aborted && !store.getState().target) store.dispatch({ type: "go", place: "builds" });
        throw error;
      });
      if (signal.aborted) return;
      if (wanted.use === "base") store.dispatch({ type: "base-opened", target });
      else store.dispatch({ type: "target-opened", target, keepPlace: isSameTarget(before, target) });
      const damage = target.layers.find(layer => layer.damage)?.damage;
      if (damage) store.dispatch({ type: "say", text: showText(damage.message), kind: "error" });
    },
  });
}

function isSameTarget(before: Target | null, now: Target): boolean {
  return before !== null && before.name === now.name && before.build?.id === now.build?.id;
}
