import * as z from "zod/mini";
import { LabError } from "../error.ts";
import type { Challenge } from "./challenge.ts";
import { ConnectionLoss } from "./connection-loss.ts";
import type { Credential, CredentialSource } from "./credentials.ts";
import { denied, unexpectedStatus, unreachable } from "./failures.ts";
import type { RepositoryAddress } from "./reference.ts";
import type { Transport } from "./transport.ts";

/**
 * From a registry's challenge to the `Authorization` header it wants: Basic, or a bearer token of its token server
 * (Docker's token authentication, OAuth2 for identity tokens). Tokens are kept until shortly before they expire.
 */

export interface Authorization {
  /** Null: ask without. */
  readonly header: string | null;
  /** The credential behind it; null for an anonymous token. */
  readonly credential: Credential | null;
}

interface KeptAuthorization extends Authorization {
  readonly expiresAtMs: number;
}

const maxTokenBytes = 1 << 20;
const clientId = "kaniko-lab";
/** The token specification's own default. */
const defaultLifetimeSeconds = 60;
const tokenForm = z.object({
  token: z.optional(z.nullable(z.string())),
  access_token: z.optional(z.nullable(z.string())),
  expires_in: z.optional(z.nullable(z.number())),
});

export class Authenticator {
  readonly #credentials: CredentialSource;
  readonly #transport: Transport;
  readonly #mayBePlain: (registry: string) => boolean;
  readonly #kept = new Map<string, KeptAuthorization>();

  /** @param mayBePlain whether credentials for this registry may go over plain HTTP. */
  constructor(credentials: CredentialSource, transport: Transport, mayBePlain: (registry: string) => boolean) {
    this.#credentials = credentials;
    this.#transport = transport;
    this.#mayBePlain = mayBePlain;
  }

  /**
   * @param actions what a token is wanted for, as in its scope.
   * @throws LabError `registry-denied` when the token server refuses, `registry-unreachable` when it is not there.
   */
  async authorize(
    address: RepositoryAddress,
    challenge: Challenge | null,
    signal: AbortSignal | undefined,
    actions = "pull",
  ): Promise<Authorization> {
    if (challenge === null) return { header: null, credential: null };
    const key = keyOf(address, actions);
    const kept = this.#kept.get(key);
    if (kept !== undefined && kept.expiresAtMs > Date.now()) return kept;
    const credential = await this.#credentials.find(address.registry, address.repository);
    const fresh = await this.#answer({ ...address, actions }, challenge, credential, signal);
    this.#kept.set(key, fresh);
    return fresh;
  }

  /** Call when the registry did not accept what `authorize` gave. */
  forget(address: RepositoryAddress, actions = "pull"): void {
    this.#kept.delete(keyOf(address, actions));
  }

  async #answer(
    address: Scope,
    challenge: Challenge,
    credential: Credential | null,
    signal: AbortSignal | undefined,
  ): Promise<KeptAuthorization> {
    const always = { credential, expiresAtMs: Number.POSITIVE_INFINITY };
    if (credential?.kind === "registry-token") return { ...always, header: `Bearer ${credential.token}` };
    if (challenge.scheme === "bearer") return await this.#fetchToken(address, challenge, credential, signal);
    return { ...always, header: credential?.kind === "basic" ? basicHeader(credential) : null };
  }

  async #fetchToken(
    address: Scope,
    challenge: Extract<Challenge, { scheme: "bearer" }>,
    credential: Credential | null,
    signal: AbortSignal | undefined,
  ): Promise<KeptAuthorization> {
    const realm = parseRealm(address, challenge.realm);
    if (credential !== null && realm.protocol !== "https:" && !this.#mayBePlain(realm.host)) {
      throw new LabError(
        "registry-denied",
        `${address.registry} wants credentials sent in clear to ${realm.host}: not done`,
        {
          hint: `if this is meant to be, name ${realm.host} as an insecure registry`,
        },
      );
    }
    const { url, init } = tokenRequest(
      realm,
      challenge,
      `repository:${address.repository}:${address.actions}`,
      credential,
    );
    const bytes = await this.#exchange(address, realm.host, credential, async () => {
      const answer = await this.#transport.send(url, init, { signal });
      if (answer.status === 200) return await answer.bytes(maxTokenBytes, `the token of ${realm.host}`);
      await answer.discard();
      return answer.status;
    });
    return { credential, ...parseToken(bytes, realm.host) };
  }

  /** Turns the token server's statuses and silences into errors. */
  async #exchange(
    address: RepositoryAddress,
    host: string,
    credential: Credential | null,
    ask: () => Promise<Buffer | number>,
  ): Promise<Buffer> {
    const found = await ask().catch((error: unknown) => {
      throw error instanceof ConnectionLoss ? unreachable(host, error) : error;
    });
    if (typeof found !== "number") return found;
    if ([400, 401, 403].includes(found)) throw await denied(address, credential, this.#credentials);
    throw unexpectedStatus(address, "token", found);
  }
}

/** What a token is for. */
interface Scope extends RepositoryAddress {
  readonly actions: string;
}

function keyOf(address: RepositoryAddress, actions: string): string {
  return `${address.registry}/${address.repository} ${actions}`;
}

function basicHeader({ username, password }: { username: string; password: string }): string {
  return `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`;
}

function parseRealm(address: RepositoryAddress, realm: string): URL {
  const url = URL.canParse(realm) ? new URL(realm) : null;
  if (url !== null && (url.protocol === "https:" || url.protocol === "http:")) return url;
  throw new LabError("registry-denied", `${address.registry} names a token server that is no web address`);
}

function tokenRequest(
  realm: URL,
  challenge: { service: string | null },
  scope: string,
  credential: Credential | null,
): { url: string; init: RequestInit } {
  if (credential?.kind === "identity-token") {
    const form = { grant_type: "refresh_token", refresh_token: credential.token, client_id: clientId, scope };
    const body = new URLSearchParams({ ...form, service: challenge.service ?? realm.host });
    return { url: realm.href, init: { method: "POST", body } };
  }
  const url = new URL(realm);
  if (challenge.service !== null) url.searchParams.set("service", challenge.service);
  url.searchParams.set("scope", scope);
  const headers = credential?.kind === "basic" ? { authorization: basicHeader(credential) } : {};
  return { url: url.href, init: { headers } };
}

function parseToken(bytes: Buffer, host: string): { header: string; expiresAtMs: number } {
  const parsed = tokenForm.safeParse(parseJson(bytes));
  const token = parsed.success ? parsed.data.token || parsed.data.access_token : null;
  // Header values may not hold line ends or other controls.
  if (!parsed.success || !token || !/^[\x21-\x7e]+$/.test(token)) {
    throw new LabError("registry-denied", `the token server ${host} gave no token`);
  }
  const lifetimeSeconds = Math.max(parsed.data.expires_in ?? 0, defaultLifetimeSeconds);
  return { header: `Bearer ${token}`, expiresAtMs: Date.now() + lifetimeSeconds * 900 };
}

function parseJson(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString("utf8"));
  } catch {
    return null;
  }
}
