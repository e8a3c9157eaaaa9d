/** Files that tell what is installed: which ones, and how to read those that are text. Pure. */

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

/** What a file tells of, by its clean path; null for nearly all. */
export function packageSourceOf(path: string): PackageSource | null {
  return rules.find(rule => rule.path.test(path)) ?? null;
}
