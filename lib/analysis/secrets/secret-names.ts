/** Files that hold secrets by what they are called. Pure. */

import { pathFromBytes } from "../../model/path-text.ts";

export interface SecretName {
  /** What such a file is, for people. */
  readonly title: string;
  /** Last names, in lower case. */
  readonly names?: readonly string[];
  /** Ends of last names after their last dot, in lower case. */
  readonly extensions?: readonly string[];
  /** The folder that it must lie in, as a clean path with a slash at its end. */
  readonly folder?: RegExp;
  /** What the start of its content must have; the name alone says little then. */
  readonly needs?: RegExp;
  /** What shows that it is harmless, in the start of its content. */
  readonly unless?: RegExp;
}

const publicKey =
  /-----BEGIN (?:TRUSTED |X509 |NEW )?(?:CERTIFICATE|PUBLIC KEY|RSA PUBLIC KEY|PGP PUBLIC KEY|DH PARAM|X9\.42 DH|EC PARAM|PKCS7|CMS)/;

const secretNames: readonly SecretName[] = [
  { title: "an SSH key", names: ["id_rsa", "id_dsa", "id_ecdsa", "id_ecdsa_sk", "id_ed25519", "id_ed25519_sk"] },
  { title: "a key of an SSH server", names: ["ssh_host_rsa_key", "ssh_host_ecdsa_key", "ssh_host_ed25519_key"] },
  { title: "a private key", extensions: ["pem", "key", "ppk"], unless: publicKey, needs: /PRIVATE KEY|PuTTY-User-Key/ },
  { title: "a key store", extensions: ["p12", "pfx", "jks", "keystore", "kdbx"] },
  { title: "npm's settings with a password", names: [".npmrc", "npmrc"], needs: /_auth|_password/ },
  { title: "Yarn's settings with a password", names: [".yarnrc.yml"], needs: /npmAuth(?:Token|Ident)/ },
  { title: "PyPI passwords", names: [".pypirc"], needs: /password/i },
  {
    title: "registry passwords",
    names: ["config.json"],
    folder: /(?:^|\/)\.docker\/$/,
    needs: /"(?:auth|identitytoken)"/,
  },
  { title: "registry passwords", names: [".dockercfg", ".dockerconfigjson"] },
  { title: "registry passwords", names: ["auth.json"], folder: /(?:^|\/)(?:containers|\.composer|composer)\/$/ },
  { title: "AWS credentials", names: ["credentials"], folder: /(?:^|\/)\.aws\/$/ },
  { title: "Google credentials", names: ["application_default_credentials.json", "credentials.db"] },
  { title: "Azure credentials", names: ["accesstokens.json", "msal_token_cache.json"] },
  { title: "passwords of hosts", names: [".netrc", "_netrc"], needs: /password/ },
  { title: "Git passwords", names: [".git-credentials"] },
  { title: "GitHub's command-line login", names: ["hosts.yml"], folder: /(?:^|\/)\.config\/gh\/$/ },
  { title: "database passwords", names: [".pgpass", ".my.cnf", ".mylogin.cnf"] },
  { title: "access to a cluster", names: ["kubeconfig", "admin.conf"], needs: /client-key-data|token:|password:/ },
  { title: "access to a cluster", names: ["config"], folder: /(?:^|\/)\.kube\/$/ },
  {
    title: "variables with secrets",
    names: [".env", ".env.local", ".env.production", ".env.development"],
    needs:
      /(?:pass(?:word|wd)?|token|secret|credential|api_?key|private_?key|access_?key)[A-Za-z0-9_]{0,40}[ \t]{0,8}=[ \t]{0,8}["']?[^\s"'$]/i,
  },
  { title: "Cargo's login", names: ["credentials.toml", "credentials"], folder: /(?:^|\/)\.?cargo\/$/ },
  { title: "RubyGems' login", names: ["credentials"], folder: /(?:^|\/)\.gem\/$/ },
  {
    title: "Maven's settings with a password",
    names: ["settings.xml"],
    folder: /(?:^|\/)\.m2\/$/,
    needs: /<password>/,
  },
  { title: "Terraform's state or login", names: ["terraform.tfstate", "credentials.tfrc.json"] },
  {
    title: "a token or password in a home folder",
    names: ["token", ".token", "password", ".password", "secret", ".secret", "api_key", "apikey"],
    folder: /^(?:root|home\/[^/]+)\/(?:\.[^/]+\/(?:[^/]+\/){0,2})?$/,
  },
  { title: "a Vault token", names: [".vault-token"] },
  { title: "storage passwords", names: [".s3cfg", ".boto", ".passwd-s3fs"] },
  { title: "passwords of a web server", names: [".htpasswd"] },
];

const byName = new Map<string, SecretName[]>();
const byExtension = new Map<string, SecretName[]>();
for (const rule of secretNames) {
  for (const name of rule.names ?? []) byName.set(name, [...(byName.get(name) ?? []), rule]);
  for (const extension of rule.extensions ?? [])
    byExtension.set(extension, [...(byExtension.get(extension) ?? []), rule]);
}

const slashByte = 0x2f;
const dotByte = 0x2e;

/** Pairs of a first and a last byte, in lower case, that some name or extension has: most paths need not be decoded. */
const namePairs = pairsOf(byName.keys());
const extensionPairs = pairsOf(byExtension.keys());

function pairsOf(words: Iterable<string>): Uint8Array {
  const pairs = new Uint8Array(1 << 16);
  for (const word of words) pairs[(word.charCodeAt(0) << 8) | word.charCodeAt(word.length - 1)] = 1;
  return pairs;
}

function lowerCase(byte: number): number {
  return byte >= 0x41 && byte <= 0x5a ? byte | 0x20 : byte;
}

function mayBeSecret(path: Uint8Array): boolean {
  const last = lowerCase(path[path.length - 1] ?? 0);
  let at = path.length - 1;
  let dot = -1;
  for (; at >= 0 && path[at] !== slashByte; at -= 1) if (dot < 0 && path[at] === dotByte) dot = at;
  if (namePairs[(lowerCase(path[at + 1] ?? 0) << 8) | last] === 1) return true;
  return dot >= 0 && extensionPairs[(lowerCase(path[dot + 1] ?? 0) << 8) | last] === 1;
}

/** What a file may be by the bytes of its clean path; null for most. */
export function secretNameOf(bytes: Uint8Array): SecretName | null {
  if (!mayBeSecret(bytes)) return null;
  const path = pathFromBytes(bytes);
  const slash = path.lastIndexOf("/") + 1;
  const name = path.slice(slash).toLowerCase();
  const dot = name.lastIndexOf(".");
  const candidates = byName.get(name) ?? (dot < 0 ? undefined : byExtension.get(name.slice(dot + 1)));
  return candidates?.find(rule => rule.folder === undefined || rule.folder.test(path.slice(0, slash))) ?? null;
}

/** So much of a content is enough for `isConfirmed`. */
export const headBytes = 8192;

/** Whether the start of the content bears the name out. */
export function isConfirmed({ needs, unless }: SecretName, head: string): boolean {
  if (needs?.test(head)) return true;
  return needs === undefined && !unless?.test(head);
}
