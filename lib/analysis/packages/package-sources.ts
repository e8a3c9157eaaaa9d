/** Files that tell what is installed: which ones, and how to read those that are text. Pure. */

import { pathFromBytes } from "../../model/path-text.ts";
import { parseApkDatabase } from "./apk.ts";
import { parseDpkgStatus } from "./dpkg.ts";
import { parseNpmPackage } from "./npm.ts";
import type { Package, PackageKind } from "./package.ts";
import { parsePythonMetadata } from "./python.ts";

export interface PackageSource {
  readonly kind: PackageKind;
  /** Longer files are not read. */
  readonly maximumBytes: number;
  /** Null for a database that is read otherwise, or cannot be read. */
  readonly parse: ((text: string, path: string) => readonly Package[]) | null;
  /** Why nobody can read it here, or null. */
  readonly unreadable: string | null;
}

interface SourceRule extends PackageSource {
  readonly path: RegExp;
}

const mebibyte = 2 ** 20;
const text = { unreadable: null };
const database = { parse: null, maximumBytes: 256 * mebibyte };

const rules: readonly SourceRule[] = [
  {
    // status.d: an image without dpkg itself, as distroless builds them.
    path: /^var\/lib\/dpkg\/(?:status|status\.d\/[^/]+(?<!\.md5sums))$/,
    kind: "dpkg",
    maximumBytes: 64 * mebibyte,
    parse: parseDpkgStatus,
    ...text,
  },
  {
    path: /^(?:usr\/)?lib\/apk\/db\/installed$/,
    kind: "apk",
    maximumBytes: 64 * mebibyte,
    parse: parseApkDatabase,
    ...text,
  },
  { path: /^(?:var\/lib|usr\/lib\/sysimage)\/rpm\/rpmdb\.sqlite$/, kind: "rpm", unreadable: null, ...database },
  {
    path: /^(?:var\/lib|usr\/lib\/sysimage)\/rpm\/Packages\.db$/,
    kind: "rpm",
    unreadable: "rpm's ndb format cannot be read here",
    ...database,
  },
  {
    path: /^(?:var\/lib|usr\/lib\/sysimage)\/rpm\/Packages$/,
    kind: "rpm",
    unreadable: "rpm's old Berkeley DB format cannot be read here",
    ...database,
  },
  {
    path: /(?:^|\/)node_modules\/(?:@[^/]+\/)?[^./][^/]*\/package\.json$/,
    kind: "npm",
    maximumBytes: 4 * mebibyte,
    parse: parseNpmPackage,
    ...text,
  },
  {
    path: /(?:\.dist-info\/METADATA|\.egg-info\/PKG-INFO|\.egg-info)$/,
    kind: "python",
    maximumBytes: 4 * mebibyte,
    parse: parsePythonMetadata,
    ...text,
  },
];

/** Every path that a rule takes ends so, or begins as `statusFolder` does: nearly all others need not be decoded. */
const ends = [
  ...["status", "installed", "rpmdb.sqlite", "Packages.db", "Packages", "package.json", "METADATA", "PKG-INFO"],
  ".egg-info",
].map(end => Buffer.from(end));
const statusFolder = Buffer.from("var/lib/dpkg/status.d/");

/** What a file tells of, by the bytes of its clean path; null for nearly all. */
export function packageSourceOf(path: Uint8Array): PackageSource | null {
  const mayBe = ends.some(end => hasAt(path, path.length - end.length, end)) || hasAt(path, 0, statusFolder);
  if (!mayBe) return null;
  const text = pathFromBytes(path);
  return rules.find(rule => rule.path.test(text)) ?? null;
}

function hasAt(path: Uint8Array, at: number, wanted: Uint8Array): boolean {
  if (at < 0 || at + wanted.length > path.length) return false;
  for (let i = wanted.length - 1; i >= 0; i -= 1) if (path[at + i] !== wanted[i]) return false;
  return true;
}
