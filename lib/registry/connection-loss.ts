import { errnoOf, LabError, messageOf } from "../error.ts";

/** The connection broke, could not be made, or stood still. `message` is fit for users, `code` is an errno or one of undici's. */
export class ConnectionLoss extends Error {
  readonly code: string;

  constructor(message: string, code: string, cause?: unknown) {
    super(message, { cause });
    this.name = "ConnectionLoss";
    this.code = code;
  }
}

/**
 * What a failed fetch, or a body that broke off, comes down to.
 * @throws LabError `cancelled` when that was the reason. @throws `error` itself when it is no failure of the network.
 */
export function asConnectionLoss(error: unknown, signal: AbortSignal | undefined): ConnectionLoss {
  throwIfCancelled(signal);
  if (error instanceof ConnectionLoss) return error;
  if (error instanceof LabError || !(error instanceof TypeError)) throw error;
  // fetch says only "fetch failed" or "terminated"; the cause knows. Several addresses tried give an AggregateError.
  const cause = error.cause instanceof AggregateError ? error.cause.errors[0] : error.cause;
  if (cause === undefined) throw error;
  const code = errnoOf(cause) ?? "";
  return new ConnectionLoss(plainWords[code] ?? messageOf(cause), code, error);
}

export function throwIfCancelled(signal: AbortSignal | undefined): void {
  if (signal?.aborted) throw new LabError("cancelled", "cancelled while talking to a registry");
}

/** TLS was spoken, but the certificate is not trusted. */
export function isAboutCertificate({ code }: ConnectionLoss): boolean {
  return /^(?:CERT_|ERR_TLS_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_)/.test(code);
}

/** Most often somebody who speaks plain HTTP. */
export function isAboutTls({ code }: ConnectionLoss): boolean {
  return /^(?:ERR_SSL_|EPROTO)/.test(code);
}

/** Whether the same may go well when it is tried again. */
export function mayPass(loss: ConnectionLoss): boolean {
  const isHopeless = loss.code === "" || loss.code === "ENOTFOUND" || isAboutCertificate(loss) || isAboutTls(loss);
  return !isHopeless;
}

/** No connection came about. */
export function isNobodyThere({ code }: ConnectionLoss): boolean {
  return /^(?:ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH|ETIMEDOUT|UND_ERR_CONNECT_TIMEOUT)$/.test(code);
}

const plainWords: Readonly<Record<string, string>> = {
  ECONNREFUSED: "connection refused",
  ECONNRESET: "the connection was reset",
  ENOTFOUND: "no host of this name",
  EAI_AGAIN: "its name cannot be resolved now",
  ETIMEDOUT: "timed out",
  EHOSTUNREACH: "no route to it",
  ENETUNREACH: "the network cannot be reached",
  UND_ERR_CONNECT_TIMEOUT: "timed out",
  UND_ERR_HEADERS_TIMEOUT: "it does not answer",
  UND_ERR_BODY_TIMEOUT: "it stopped sending",
  UND_ERR_SOCKET: "the connection broke off",
  ERR_SSL_WRONG_VERSION_NUMBER: "it does not speak TLS",
  ERR_SSL_PACKET_LENGTH_TOO_LONG: "it does not speak TLS",
};
