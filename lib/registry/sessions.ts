import { type Challenge, parseChallenge } from "./challenge.ts";
import { ConnectionLoss, isAboutCertificate } from "./connection-loss.ts";
import { unreachable } from "./failures.ts";
import { isLoopback } from "./loopback.ts";
import { dockerHub } from "./reference.ts";
import type { SendOptions, Transport } from "./transport.ts";

/** How a registry wants to be spoken to. */
export interface Session {
  /** Scheme and host. */
  readonly baseUrl: string;
  /** Null: the registry asks for nothing. */
  readonly challenge: Challenge | null;
}

/** Finds out, without credentials, how each registry wants to be spoken to, and remembers it. */
export class Sessions {
  readonly #transport: Transport;
  readonly #insecure: ReadonlySet<string>;
  readonly #known = new Map<string, Session>();

  /** @param insecureRegistries those that may be asked in clear; loopback addresses always may. */
  constructor(transport: Transport, insecureRegistries: readonly string[]) {
    this.#transport = transport;
    this.#insecure = new Set(insecureRegistries);
  }

  /** Whether anything, credentials too, may go to this host in clear. */
  mayBePlain(host: string): boolean {
    return isLoopback(host) || this.#insecure.has(host);
  }

  /** @throws LabError `registry-unreachable`, `cancelled` */
  async of(registry: string, signal: AbortSignal | undefined): Promise<Session> {
    const known = this.#known.get(registry);
    if (known !== undefined) return known;
    let loss: ConnectionLoss | null = null;
    const schemes = this.#schemes(registry);
    for (const scheme of schemes) {
      try {
        // What fails in one scheme may just be the other one: nothing to insist on.
        const attempts = scheme === schemes.at(-1) ? undefined : 1;
        const session = await this.#ping(registry, scheme, { signal, attempts, firstContact: true });
        this.#known.set(registry, session);
        return session;
      } catch (error) {
        if (!(error instanceof ConnectionLoss)) throw error;
        // A plain registry fails over TLS in ways that say little; a certificate that is not trusted says all.
        const saysMore = loss === null || isAboutCertificate(error) || (scheme === "http" && !isAboutCertificate(loss));
        if (saysMore) loss = error;
      }
    }
    throw unreachable(registry, loss as ConnectionLoss);
  }

  #schemes(registry: string): readonly string[] {
    if (isLoopback(registry)) return ["http", "https"];
    return this.mayBePlain(registry) ? ["https", "http"] : ["https"];
  }

  /** @throws ConnectionLoss when nobody speaks this scheme there. */
  async #ping(registry: string, scheme: string, options: SendOptions): Promise<Session> {
    const baseUrl = `${scheme}://${registry === dockerHub ? "registry-1.docker.io" : registry}`;
    const answer = await this.#transport.send(`${baseUrl}/v2/`, {}, options);
    await answer.discard();
    // Go's servers answer so when they are asked in clear on a TLS port.
    if (answer.status === 400 && scheme === "http") {
      throw new ConnectionLoss("it does not speak plain HTTP", "EPROTO");
    }
    return { baseUrl, challenge: parseChallenge(answer.headers.get("www-authenticate")) };
  }
}
