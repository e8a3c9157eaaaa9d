import { spawn } from "node:child_process";
import { messageOf } from "../error.ts";

/**
 * Runs `docker-credential-<name> get`: the server's address goes in, one JSON document with `Username` and `Secret` comes
 * out (docker/docker-credential-helpers). Output is bounded, and a helper that hangs is ended.
 */

const defaultTimeoutMs = 20_000;
const maxOutputBytes = 1 << 20;

export type HelperAnswer =
  | { readonly kind: "found"; readonly username: string; readonly secret: string }
  | { readonly kind: "none" }
  /** `why` never holds what the helper printed: that may be a secret. */
  | { readonly kind: "failed"; readonly why: string };

export interface HelperOptions {
  readonly env: NodeJS.ProcessEnv;
  /** @defaultValue 20 s */
  readonly timeoutMs?: number;
}

export async function askCredentialHelper(
  name: string,
  server: string,
  { env, timeoutMs = defaultTimeoutMs }: HelperOptions,
): Promise<HelperAnswer> {
  if (!/^[A-Za-z0-9][A-Za-z0-9._-]*$/.test(name)) return { kind: "failed", why: "its name is not valid" };
  const outcome = await runHelper(`docker-credential-${name}`, server, env, timeoutMs);
  if (typeof outcome === "string") return { kind: "failed", why: outcome };
  if (outcome.code !== 0) {
    // The protocol's own words for "nothing stored", on stdout, with a status of 1.
    if (/credentials not found/i.test(outcome.text)) return { kind: "none" };
    return { kind: "failed", why: `it ended with status ${outcome.code}` };
  }
  return parseAnswer(outcome.text);
}

function parseAnswer(text: string): HelperAnswer {
  try {
    const { Username, Secret } = JSON.parse(text) as { Username?: unknown; Secret?: unknown };
    if (typeof Username === "string" && typeof Secret === "string") {
      return Secret === "" ? { kind: "none" } : { kind: "found", username: Username, secret: Secret };
    }
  } catch {
    // Said below, without the text.
  }
  return { kind: "failed", why: "its answer is not the expected JSON" };
}

function runHelper(
  program: string,
  server: string,
  env: NodeJS.ProcessEnv,
  timeoutMs: number,
): Promise<string | { code: number; text: string }> {
  return new Promise(resolve => {
    const child = spawn(program, ["get"], {
      env,
      stdio: ["pipe", "pipe", "ignore"],
      timeout: timeoutMs,
      killSignal: "SIGKILL",
    });
    let text = "";
    child.on("error", error => resolve(`it cannot be started (${messageOf(error)})`));
    child.stdout.setEncoding("utf8").on("data", (part: string) => {
      text += part;
      if (text.length > maxOutputBytes) child.kill("SIGKILL");
    });
    child.on("exit", (_code, signal) => {
      if (signal === null) return;
      // What the helper itself started may still hold the pipe: do not wait for that.
      child.stdout.destroy();
      resolve(`it was ended by ${signal} (limits: ${timeoutMs / 1000} s, 1 MiB)`);
    });
    child.on("close", code => resolve({ code: code ?? -1, text }));
    // A helper may end without reading its input.
    child.stdin.on("error", () => {});
    child.stdin.end(`${server}\n`);
  });
}
