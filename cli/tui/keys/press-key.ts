import { scopeOf } from "../state/select.ts";
import type { Store } from "../store.ts";
import type { KeyName } from "./key-names.ts";
import { bindingOf, type Commands } from "./key-table.ts";

/** Does what a key means where the keys go now. */
export function pressKey(key: KeyName, store: Store, commands: Commands): void {
  // What was said was read when the next key comes.
  store.dispatch({ type: "unsay" });
  const state = store.getState();
  const scope = scopeOf(state);
  const binding = bindingOf(key, scope, state);
  if (binding) {
    const action = typeof binding.run === "function" ? binding.run(commands, state) : binding.run;
    if (action) store.dispatch(action);
    return;
  }
  const text = key === "space" ? " " : key;
  const isTyped = scope === "prompt" && [...text].length === 1;
  if (isTyped) store.dispatch({ type: "edit", edit: { kind: "insert", text } });
}
