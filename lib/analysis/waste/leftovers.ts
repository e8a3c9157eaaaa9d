/** Folders that package managers and build tools leave behind. Pure. */

import { isSamePath } from "../../layer/path-order.ts";
import { pathFromBytes } from "../../model/path-text.ts";

export interface LeftoverRule {
  readonly kind: string;
  /** What it is, for people. */
  readonly title: string;
  readonly hint: string;
  /** Tells by a folder's clean path, with a slash at its end: `var/lib/apt/lists/`. */
  readonly folder: RegExp;
}

/** The first one that fits counts. Each pattern is plain text with a start: nothing in it can backtrack. */
export const leftoverRules: readonly LeftoverRule[] = [
  {
    kind: "apt",
    title: "apt lists and archives",
    hint: "end the RUN with: apt-get clean && rm -rf /var/lib/apt/lists/*",
    folder: /^var\/(?:lib\/apt\/lists|cache\/apt|cache\/debconf)\//,
  },
  {
    kind: "apk",
    title: "apk cache",
    hint: "use: apk add --no-cache",
    folder: /^(?:var\/cache\/apk|etc\/apk\/cache)\//,
  },
  {
    kind: "rpm",
    title: "dnf, yum and zypper caches",
    hint: "end the RUN with: dnf clean all",
    folder: /^var\/cache\/(?:dnf|yum|libdnf5|zypp|PackageKit)\//,
  },
  { kind: "pacman", title: "pacman cache", hint: "end the RUN with: pacman -Scc", folder: /^var\/cache\/pacman\// },
  {
    kind: "pip",
    title: "Python package caches",
    hint: "use: pip install --no-cache-dir",
    folder: /(?:^|\/)(?:\.cache\/(?:pip|uv|pypoetry|pipenv)|opt\/conda\/pkgs)\//,
  },
  {
    kind: "npm",
    title: "npm, yarn and pnpm caches",
    hint: "end the RUN with: npm cache clean --force",
    folder:
      /(?:^|\/)(?:\.npm\/_(?:cacache|logs|npx)|(?:\.cache|share\/\.cache)\/(?:yarn|node|node-gyp)|node_modules\/\.cache|\.local\/share\/pnpm\/store|\.pnpm-store)\//,
  },
  {
    kind: "go",
    title: "Go build and module caches",
    hint: "build in an earlier stage and copy the program",
    folder: /(?:^|\/)(?:\.cache\/go-build|go\/pkg\/mod)\//,
  },
  {
    kind: "rust",
    title: "Cargo caches",
    hint: "build in an earlier stage and copy the program",
    folder: /(?:^|\/)\.?cargo\/(?:registry|git)\//,
  },
  {
    kind: "java",
    title: "Maven and Gradle caches",
    hint: "build in an earlier stage and copy the program",
    folder: /(?:^|\/)\.(?:m2\/repository|gradle\/caches)\//,
  },
  {
    kind: "ruby",
    title: "gem caches",
    hint: "remove the cache in the same RUN",
    folder: /(?:^|\/)(?:usr\/local\/bundle|gems\/[0-9.]{1,20})\/cache\//,
  },
  {
    kind: "composer",
    title: "Composer cache",
    hint: "end the RUN with: composer clear-cache",
    folder: /(?:^|\/)\.(?:composer|cache\/composer)\/(?:cache|files|repo|vcs)\//,
  },
  {
    kind: "vcs",
    title: "version control",
    hint: "name it in .dockerignore, or clone in an earlier stage",
    folder: /(?:^|\/)\.(?:git|hg|svn)\//,
  },
  {
    kind: "docs",
    title: "documentation and manuals",
    hint: "Debian: path-exclude in /etc/dpkg/dpkg.cfg.d; dnf: --nodocs",
    folder: /^usr\/(?:local\/)?share\/(?:doc|man|info|gtk-doc|help)\//,
  },
  {
    kind: "locales",
    title: "translations",
    hint: "Debian: path-exclude=/usr/share/locale/* in /etc/dpkg/dpkg.cfg.d",
    folder: /^usr\/(?:local\/)?share\/(?:locale|i18n\/locales)\//,
  },
  { kind: "temporary", title: "temporary files", hint: "remove them in the same RUN", folder: /^(?:var\/)?tmp\// },
  { kind: "logs", title: "logs", hint: "remove them in the same RUN", folder: /^var\/log\// },
];

const slash = 0x2f;

/** Tells the rule of one path after the other; remembers the folder at hand, as tars have the files of a folder together. */
export function leftoverFinder(): (path: Uint8Array) => LeftoverRule | null {
  let known: Uint8Array = new Uint8Array(0);
  let found: LeftoverRule | null = null;
  return path => {
    const folder = path.subarray(0, path.lastIndexOf(slash) + 1);
    if (isSamePath(folder, known)) return found;
    known = folder;
    const text = pathFromBytes(folder);
    found = leftoverRules.find(rule => rule.folder.test(text)) ?? null;
    return found;
  };
}
