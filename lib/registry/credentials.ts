/** What a registry gets to know who asks. `from` says where it was found, for messages; it is never secret. */
export type Credential =
  | { readonly kind: "basic"; readonly username: string; readonly password: string; readonly from: string }
  /** An OAuth2 refresh token, changed for an access token at the registry's token server. */
  | { readonly kind: "identity-token"; readonly token: string; readonly from: string }
  /** An access token, sent as it is. */
  | { readonly kind: "registry-token"; readonly token: string; readonly from: string };

export interface CredentialSource {
  /** @returns null when there is none for this repository. */
  find(registry: string, repository: string): Promise<Credential | null>;
  /** Where it looked, and what went wrong there: `/home/me/.docker/config.json`, …; for messages. */
  places(): Promise<string>;
}

/** Nobody is known to any registry. */
export const noCredentials: CredentialSource = {
  find: async () => null,
  places: async () => "nowhere",
};
