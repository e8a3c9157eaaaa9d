import path from "node:path";
import { LabError } from "../../error.ts";

/** PEM files of a TLS connection; `ca` may be missing when a public authority signed the engine's certificate. */
export interface TlsFiles {
  readonly ca: string;
  readonly cert: string;
  readonly key: string;
  readonly skipVerify: boolean;
}

/** Where an engine may be. `from` says how it was found, for messages. */
export type EngineAddress = { readonly from: string } & (
  | { readonly kind: "socket"; readonly path: string }
  | { readonly kind: "tcp"; readonly host: string; readonly port: number; readonly tls: TlsFiles | null }
  /** `destination` as `ssh` takes it: `[user@]host`. */
  | { readonly kind: "ssh"; readonly destination: string; readonly port: number | null }
);

/** Docker's own default ports, without and with TLS. */
const plainPort = 2375;
const tlsPort = 2376;

/**
 * Reads the forms of `DOCKER_HOST`: `unix:///path`, `npipe://…`, `tcp://host[:port]`, `https://…`, `ssh://[user@]host[:port]`.
 * @throws LabError `usage` for anything else.
 */
export function parseEngineHost(text: string, from: string, tls: TlsFiles | null): EngineAddress {
  const socket = /^(?:unix|npipe):\/\/(.+)$/.exec(text);
  if (socket) return { kind: "socket", path: socket[1] as string, from };
  if (path.isAbsolute(text)) return { kind: "socket", path: text, from };
  const url = parseUrl(text.includes("://") ? text : `tcp://${text}`);
  if (url === null || url.hostname === "") throw notAnAddress(text, from);
  const host = url.hostname.replace(/^\[|\]$/g, "");
  const port = url.port === "" ? null : Number(url.port);
  switch (url.protocol) {
    case "ssh:":
      return { kind: "ssh", destination: sshDestination(url, host, text, from), port, from };
    case "tcp:":
    case "http:":
      return { kind: "tcp", host, port: port ?? (tls ? tlsPort : plainPort), tls, from };
    case "https:":
      if (tls === null)
        throw notAnAddress(text, from, "https needs certificates: set DOCKER_TLS_VERIFY and DOCKER_CERT_PATH");
      return { kind: "tcp", host, port: port ?? tlsPort, tls, from };
    default:
      throw notAnAddress(text, from);
  }
}

/** As a user would write it. */
export function showAddress(address: EngineAddress): string {
  if (address.kind === "socket") return address.path;
  if (address.kind === "ssh") return `ssh://${address.destination}${address.port === null ? "" : `:${address.port}`}`;
  const host = address.host.includes(":") ? `[${address.host}]` : address.host;
  return `tcp://${host}:${address.port}`;
}

function sshDestination(url: URL, host: string, text: string, from: string): string {
  // A host that begins with a dash would be an option of ssh.
  if (host.startsWith("-") || url.username.startsWith("-")) throw notAnAddress(text, from);
  return url.username === "" ? host : `${decodeURIComponent(url.username)}@${host}`;
}

function parseUrl(text: string): URL | null {
  // URL knows special schemes only with their own rules; a neutral one keeps host and port as they are.
  return URL.canParse(text) ? new URL(text) : null;
}

function notAnAddress(text: string, from: string, why = ""): LabError {
  // A password in the address must not reach the message.
  const shown = text.replace(/\/\/[^@/]*@/, "//…@").slice(0, 200);
  return new LabError("usage", `${from}: not the address of an engine: ${JSON.stringify(shown)}`, {
    hint: why || "addresses look like unix:///var/run/docker.sock, tcp://host:2376 or ssh://user@host",
  });
}
