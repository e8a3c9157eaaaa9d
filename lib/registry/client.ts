import { createHash } from "node:crypto";
import { LabError } from "../error.ts";
import { type Digest, digestOfHex, isDigest } from "../model/digest.ts";
import type { Answer } from "./answer.ts";
import { Authenticator } from "./authenticator.ts";
import { type DownloadOptions, downloadBlobTo, type ExpectedBlob } from "./blob-download.ts";
import { parseChallenge } from "./challenge.ts";
import { ConnectionLoss } from "./connection-loss.ts";
import type { CredentialSource } from "./credentials.ts";
import { dockerConfigCredentials } from "./docker-config.ts";
import { endpointsOf, type RegistryRedirection } from "./endpoints.ts";
import { deletionRefused, denied, unexpectedStatus, unreachable } from "./failures.ts";
import { type ImageReference, type RepositoryAddress, tagOrDigest } from "./reference.ts";
import { Sessions } from "./sessions.ts";
import { maxTagPages, nextPage, parseTags, type TagPage, tagsPerPage } from "./tag-pages.ts";
import { makeTransport, type RetryPolicy, type Transport } from "./transport.ts";

/** The bound that registries themselves put on manifests is 4 MB; configs may be a little larger. */
export const maxDocumentBytes = 8 << 20;

const manifestTypes = [
  "application/vnd.oci.image.index.v1+json",
  "application/vnd.oci.image.manifest.v1+json",
  "application/vnd.docker.distribution.manifest.list.v2+json",
  "application/vnd.docker.distribution.manifest.v2+json",
].join(", ");

export interface RegistryClientOptions extends RegistryRedirection {
  /** @defaultValue the user's docker config, see `dockerConfigCredentials` */
  readonly credentials?: CredentialSource;
  /** Registries, as `host[:port]`, that may be asked over plain HTTP; loopback addresses always may. */
  readonly insecureRegistries?: readonly string[];
  readonly retry?: RetryPolicy;
}

/** A manifest or index as it was found. */
export interface RemoteManifest {
  /** Who gave it, mirrors and maps considered: ask there for what it names. */
  readonly endpoint: RepositoryAddress;
  readonly digest: Digest;
  readonly bytes: Buffer;
}

/**
 * Reads from registries (OCI distribution spec, Docker registry v2): manifests and blobs, with the user's credentials,
 * every digest checked; deletes manifests. Keeps no connection open by itself: there is nothing to close.
 */
export class RegistryClient {
  readonly #redirection: RegistryRedirection;
  readonly #credentials: CredentialSource;
  readonly #transport: Transport;
  readonly #authenticator: Authenticator;
  readonly #sessions: Sessions;

  constructor(options: RegistryClientOptions = {}) {
    this.#redirection = options;
    this.#credentials = options.credentials ?? dockerConfigCredentials();
    this.#transport = makeTransport(options.retry);
    this.#sessions = new Sessions(this.#transport, options.insecureRegistries ?? []);
    const mayBePlain = (host: string) => this.#sessions.mayBePlain(host);
    this.#authenticator = new Authenticator(this.#credentials, this.#transport, mayBePlain);
  }

  /**
   * The manifest or index behind a name, from the first of mapped registries, mirrors and the registry itself that has it.
   * @throws LabError `registry-unreachable`, `registry-denied`, `image-not-found`, `digest-mismatch`, `too-large`, `cancelled`.
   */
  async manifest(
    reference: ImageReference,
    options: { signal?: AbortSignal | undefined } = {},
  ): Promise<RemoteManifest> {
    const endpoints = endpointsOf(reference, this.#redirection);
    const failed: string[] = [];
    for (const [position, endpoint] of endpoints.entries()) {
      try {
        return await this.manifestAt(endpoint, tagOrDigest(reference), options);
      } catch (error) {
        if (!(error instanceof LabError) || error.code === "cancelled") throw error;
        if (position === endpoints.length - 1) throw withEarlierFailures(error, failed);
        failed.push(error.message);
      }
    }
    throw new Error("no endpoint");
  }

  /** The same at one place, without maps and mirrors. @param name a tag or a digest. */
  async manifestAt(
    endpoint: RepositoryAddress,
    name: string,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<RemoteManifest> {
    const what = isDigest(name) ? `manifest ${name}` : `image tagged ${JSON.stringify(name)}`;
    const bytes = await this.#document(endpoint, `manifests/${name}`, what, maxDocumentBytes, signal);
    const digest = digestOf(bytes);
    if (isDigest(name) && digest !== name) throw wrongDocument(endpoint, name, digest);
    return { endpoint, digest, bytes };
  }

  /**
   * All tags of a repository, in the registry's order, page by page.
   * @throws as `manifest`; `registry-denied` and `image-not-found` also where a registry does not list tags at all.
   */
  async *tags(
    endpoint: RepositoryAddress,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): AsyncGenerator<string, void, void> {
    let page: string | null = `n=${tagsPerPage}`;
    for (let pages = 0; page !== null && pages < maxTagPages; pages += 1) {
      const document: TagPage = await this.#tagPage(endpoint, page, signal);
      yield* document.tags;
      page = document.next === page ? null : document.next;
    }
  }

  async #tagPage(endpoint: RepositoryAddress, query: string, signal: AbortSignal | undefined): Promise<TagPage> {
    const what = "list of tags";
    const { bytes, headers } = await this.#answer(endpoint, `tags/list?${query}`, what, maxDocumentBytes, signal);
    return { tags: parseTags(bytes, `the ${what} of ${endpoint.repository}`), next: nextPage(headers.get("link")) };
  }

  /**
   * Deletes a manifest, and with it every tag that names it; its blobs go when the registry collects its garbage.
   * @returns false when it was not there.
   * @throws LabError `registry-denied` also where the registry does not allow it; `registry-unreachable`, `cancelled`.
   */
  async deleteManifest(
    endpoint: RepositoryAddress,
    digest: Digest,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<boolean> {
    const question = { method: "DELETE" as const, path: `manifests/${digest}`, headers: {}, signal };
    const answer = await this.#ask(endpoint, question);
    await answer.discard();
    if (answer.status === 404) return false;
    // 405 of a registry that has it off; 400 and 501 of some that do not have it.
    if ([400, 405, 501].includes(answer.status)) throw deletionRefused(endpoint, answer.status);
    if (answer.status !== 202 && answer.status !== 200)
      throw unexpectedStatus(endpoint, `manifest ${digest} to delete`, answer.status);
    return true;
  }

  /**
   * A small blob (an image config) in memory.
   * @throws as `manifest`.
   */
  async blobBytes(
    endpoint: RepositoryAddress,
    blob: ExpectedBlob,
    { signal }: { signal?: AbortSignal | undefined } = {},
  ): Promise<Buffer> {
    const what = `blob ${blob.digest}`;
    if (blob.sizeBytes > maxDocumentBytes) {
      throw new LabError("too-large", `${what} of ${endpoint.repository} has ${blob.sizeBytes} bytes: not read`);
    }
    const bytes = await this.#document(endpoint, `blobs/${blob.digest}`, what, blob.sizeBytes, signal);
    const digest = digestOf(bytes);
    if (digest !== blob.digest) throw wrongDocument(endpoint, blob.digest, digest);
    return bytes;
  }

  /**
   * A blob into `file`, whose folder is made when needed; an existing file is replaced. Resumes broken connections.
   * @throws as `manifest`, and LabError `disk-full`, `cache-not-writable`.
   */
  async downloadBlob(
    endpoint: RepositoryAddress,
    blob: ExpectedBlob,
    file: string,
    options: DownloadOptions = {},
  ): Promise<void> {
    const { signal } = options;
    const open = async (fromBytes: number) => {
      const range = fromBytes === 0 ? {} : { range: `bytes=${fromBytes}-` };
      const headers = { accept: "*/*", "accept-encoding": "identity", ...range };
      return await this.#get(endpoint, `blobs/${blob.digest}`, `blob ${blob.digest}`, headers, signal);
    };
    try {
      await downloadBlobTo(file, blob, open, this.#transport, options);
    } catch (error) {
      throw error instanceof ConnectionLoss ? unreachable(endpoint.registry, error) : error;
    }
  }

  async #document(
    endpoint: RepositoryAddress,
    path: string,
    what: string,
    maxBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<Buffer> {
    return (await this.#answer(endpoint, path, what, maxBytes, signal)).bytes;
  }

  async #answer(
    endpoint: RepositoryAddress,
    path: string,
    what: string,
    maxBytes: number,
    signal: AbortSignal | undefined,
  ): Promise<{ bytes: Buffer; headers: Headers }> {
    for (let failures = 1; ; failures += 1) {
      try {
        const answer = await this.#get(endpoint, path, what, { accept: manifestTypes }, signal);
        return { bytes: await answer.bytes(maxBytes, `${what} of ${endpoint.repository}`), headers: answer.headers };
      } catch (error) {
        if (!(error instanceof ConnectionLoss)) throw error;
        if (failures >= this.#transport.attempts) throw unreachable(endpoint.registry, error);
        await this.#transport.backOff(failures, signal);
      }
    }
  }

  /**
   * The answer to a GET with the authorization it needs; its status is 200 or 206.
   * @throws LabError only: whoever asks has nothing to try again.
   */
  async #get(
    endpoint: RepositoryAddress,
    path: string,
    what: string,
    headers: Record<string, string>,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    const answer = await this.#ask(endpoint, { method: "GET", path, headers, signal });
    if (answer.status === 200 || answer.status === 206) return answer;
    await answer.discard();
    throw unexpectedStatus(endpoint, what, answer.status);
  }

  /** Any answer but 401 and 403. */
  async #ask(endpoint: RepositoryAddress, { method, path, headers, signal }: Question): Promise<Answer> {
    let { baseUrl, challenge } = await this.#sessions.of(endpoint.registry, signal);
    const url = `${baseUrl}/v2/${endpoint.repository}/${path}`;
    const actions = method === "DELETE" ? "delete,pull" : "pull";
    for (let tries = 1; ; tries += 1) {
      const { header, credential } = await this.#authenticator.authorize(endpoint, challenge, signal, actions);
      const authorization: Record<string, string> = header === null ? {} : { authorization: header };
      const answer = await this.#send(endpoint, url, { method, headers: { ...headers, ...authorization } }, signal);
      if (answer.status !== 401 && answer.status !== 403) return answer;
      await answer.discard();
      this.#authenticator.forget(endpoint, actions);
      if (answer.status === 403 || tries === 2) throw await denied(endpoint, credential, this.#credentials);
      // A token may have expired, and some registries tell only here that they want one.
      challenge = parseChallenge(answer.headers.get("www-authenticate")) ?? challenge;
    }
  }

  async #send(
    { registry }: RepositoryAddress,
    url: string,
    init: RequestInit,
    signal: AbortSignal | undefined,
  ): Promise<Answer> {
    try {
      return await this.#transport.send(url, init, { signal });
    } catch (error) {
      throw error instanceof ConnectionLoss ? unreachable(registry, error) : error;
    }
  }
}

interface Question {
  readonly method: "GET" | "DELETE";
  /** Below the repository. */
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly signal: AbortSignal | undefined;
}

function digestOf(bytes: Uint8Array): Digest {
  return digestOfHex(createHash("sha256").update(bytes).digest("hex"));
}

function wrongDocument(endpoint: RepositoryAddress, expected: Digest, found: Digest): LabError {
  return new LabError(
    "digest-mismatch",
    `${endpoint.registry} sent ${found} for ${expected} of ${endpoint.repository}`,
    {
      hint: "the registry, a mirror or a proxy in between delivers something else",
    },
  );
}

function withEarlierFailures(error: LabError, failed: readonly string[]): LabError {
  if (failed.length === 0) return error;
  const hint = `${error.hint ?? "check the name"}; tried before: ${failed.join("; ")}`;
  return new LabError(error.code, error.message, { hint, cause: error.cause });
}
