/** Where the files of a context come from in a format, and where the executor then finds them. */

import { LabError } from "../error.ts";
import type { PortableBuild } from "./portable-build.ts";
import type { ContextSource, RenderOptions } from "./render-options.ts";
import { knownText, type Text } from "./text.ts";

export type FolderSource =
  | { readonly kind: "host"; readonly path: string | null }
  | { readonly kind: "pvc"; readonly claim: string }
  | { readonly kind: "checkout" }
  | { readonly kind: "artifact" }
  /** Containers before the build make them. */
  | { readonly kind: "sources" };

export type PlacedContext =
  | { readonly kind: "folder"; readonly from: FolderSource; readonly below: Text }
  | { readonly kind: "remote"; readonly address: Text; readonly below: Text }
  | { readonly kind: "stdin" };

export interface ContextRules {
  /** As `--as` has it. */
  readonly format: string;
  readonly takes: readonly ContextSource["kind"][];
  /** For a folder of files when the user does not say. */
  readonly usual: (build: PortableBuild) => ContextSource;
  /** Whether sources of a Knative Build can run before the build. */
  readonly runsSources: boolean;
  /** Whether the context's place is a parameter, so that it stands there even when it is the whole folder. */
  readonly hasParameters: boolean;
}

/** @throws LabError `usage` for a source that the format has no way for. */
export function placeContext(build: PortableBuild, options: RenderOptions, rules: ContextRules): PlacedContext {
  const { context } = build;
  const chosen = options.contextFrom;
  if (chosen === null && context.kind === "remote") return context;
  if (chosen === null && build.sources.length > 0 && context.kind === "folder") {
    if (rules.runsSources) return folder({ kind: "sources" }, build, options, rules);
    throw new LabError("usage", `--as ${rules.format}: sources fill the workspace of this build, one after the other`, {
      hint: "--context-from says where its files come from instead",
    });
  }
  const from = chosen ?? (context.kind === "stdin" ? { kind: "stdin" } : rules.usual(build));
  if (!rules.takes.includes(from.kind)) {
    throw new LabError("usage", `--as ${rules.format} has no way for a context from ${from.kind}`, {
      hint: `--context-from ${rules.takes.join(" or ")}`,
    });
  }
  if (from.kind === "stdin") return { kind: "stdin" };
  if (from.kind === "git" || from.kind === "archive") {
    const below = belowOf(build, options, from.kind === "git");
    const isWhole = below.length === 0 || knownText(below) === ".";
    return {
      kind: "remote",
      address: [{ name: "context", value: from.address }],
      below: isWhole ? [] : renamed(below),
    };
  }
  return folder(from, build, options, rules);
}

function folder(from: FolderSource, build: PortableBuild, options: RenderOptions, rules: ContextRules): PlacedContext {
  const below = belowOf(build, options, from.kind === "checkout");
  const whole = below.length === 0 || knownText(below) === ".";
  const text: Text = !whole ? below : rules.hasParameters ? [{ name: "context", value: "." }] : [];
  return { kind: "folder", from, below: text };
}

function belowOf({ context }: PortableBuild, options: RenderOptions, isCheckout: boolean): Text {
  if (options.contextPath !== null) {
    const path = options.contextPath.replace(/^(?:\.?\/)+|\/+$/g, "");
    return [{ name: "context", value: path === "" ? "." : path }];
  }
  if (context.kind !== "folder") return [];
  return isCheckout ? context.inCheckout : context.below;
}

/** Beside an address that is the parameter `context`, the folder in it is a parameter of another name. */
function renamed(text: Text): Text {
  return text.map(piece =>
    typeof piece === "object" && piece.name === "context" ? { ...piece, name: "context-path" } : piece,
  );
}
