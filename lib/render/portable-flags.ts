/** What becomes of each of the executor's flags when a build is written down for another place. */

import { withoutCredentials } from "../build/recorded-spec.ts";
import { mask } from "../build/secrets.ts";
import type { GivenFlag } from "../ci/kaniko-flags.ts";
import { asHole, type Text } from "./text.ts";

/** Those that have a place of their own in a `PortableBuild`, or that every format writes in its own way. */
const handled = new Set(
  "context bucket context-sub-path dockerfile destination no-push cache cache-repo cache-dir build-arg secret oci-layout-path tar-path tarPath digest-file image-name-with-digest-file image-name-tag-with-digest-file kaniko-dir help dryrun".split(
    " ",
  ),
);

/** How our own builds read the log: nothing that others need. */
const ownLog = new Set(["log-format", "verbosity", "log-timestamp"]);

/** Values that users of a template will want to change. */
const parameters: Readonly<Record<string, string>> = {
  target: "target",
  "custom-platform": "platform",
  customPlatform: "platform",
  "snapshot-mode": "snapshot-mode",
  snapshotMode: "snapshot-mode",
  "registry-mirror": "registry-mirror",
};

const filesOfContainer = new Set(["registry-certificate", "registry-client-cert"]);

export interface PortableFlags {
  readonly words: readonly Text[];
  readonly notes: readonly string[];
}

/**
 * @param isOwn the flags are of a build of ours.
 * @param toText the text of a word, with holes where values are not known.
 */
export function portableFlags(
  given: readonly GivenFlag[],
  isOwn: boolean,
  toText: (word: string) => Text,
): PortableFlags {
  const words: Text[] = [];
  const notes: string[] = [];
  const seen = new Map<string, number>();
  for (const { flag, value, words: asGiven } of given) {
    if (flag === null) {
      words.push(toText(harmless(value, notes)));
      continue;
    }
    const { name, isSwitch } = flag;
    if (handled.has(name) || (isOwn && ownLog.has(name))) continue;
    if (filesOfContainer.has(name)) notes.push(`--${name} ${value} names a file that has to be mounted`);
    if (isSwitch) {
      words.push(toText(asGiven[0] as string));
      continue;
    }
    const parameter = parameters[name];
    const text = toText(harmless(value, notes));
    if (parameter === undefined) {
      words.push([`--${name}=`, ...text]);
      continue;
    }
    const count = (seen.get(parameter) ?? 0) + 1;
    seen.set(parameter, count);
    words.push([`--${name}=`, ...asHole(count === 1 ? parameter : `${parameter}-${count}`, text)]);
  }
  return { words, notes };
}

/** Without what may be a credential, also where the record has masked it. */
export function harmless(value: string, notes: string[]): string {
  const clean = withoutCredentials(value).replaceAll(`//${mask}@`, "//");
  if (clean !== value || clean.includes(mask)) notes.push(`${clean} had credentials, which are left out`);
  return clean;
}
