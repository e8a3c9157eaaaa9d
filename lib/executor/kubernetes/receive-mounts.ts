import { Readable } from "node:stream";
import { messageOf } from "../../error.ts";
import { copyOut } from "../docker/copy-out.ts";
import type { ResolvedMount } from "../docker/resolve-mounts.ts";
import type { ReportPreparing } from "../preparing.ts";
import { LostConnection } from "./cluster-error.ts";
import type { PodSession } from "./pod-session.ts";
import { labFolder, resultsContainer } from "./pod-spec.ts";
import { counter } from "./send-mounts.ts";

/** What the executor wrote, on its way from the Pod's volume to a folder of this machine. */
export interface Collection {
  readonly mount: ResolvedMount;
  /** Path in the Pod's volume. */
  readonly place: string;
  /** Only what was written after this file, a path in the volume; null: everything. */
  readonly newerThan: string | null;
  /** Folders below `place` of which everything is wanted, however old. */
  readonly folders: readonly string[];
}

/** A line that is the name of no file: `grep -f` must not find an empty list. */
const noName = "//";
const safeName = /^[A-Za-z0-9:@._/-]+$/;

/**
 * Reads files through the helper that lives on beside the executor. Each appears here when it is whole, with its digest
 * checked where its name is one; after a broken connection those that are whole are not sent again.
 * @throws LabError as `PodSession.exec` and `copyOut`
 */
export async function collect(session: PodSession, collection: Collection, report: ReportPreparing): Promise<number> {
  const { mount, place, folders } = collection;
  const have: string[] = [];
  const what = `receiving ${mount.path}`;
  const onBytes = counter(what, report);
  let leftOut = 0;
  await session.exec(
    what,
    resultsContainer,
    () => ["sh", "-c", listScript(collection), "sh", place, ...folders],
    async exec => {
      await exec.write(Buffer.from(`${[noName, ...have.map(name => `./${name}`)].join("\n")}\n`));
      await exec.endInput();
      const options = {
        isFile: mount.isFile,
        isOwnLink: () => false,
        onBytes,
        onFile: (name: string) => {
          if (safeName.test(name)) have.push(name);
        },
        checksBlobs: true,
      };
      const result = await copyOut(Readable.from(exec.output), mount.hostPath, options).catch(asLostConnection);
      leftOut += result.leftOut;
    },
  );
  return leftOut;
}

/** Output that ends in the middle of a file was cut off on its way, whatever is said of the program's end: it goes on from there. */
function asLostConnection(error: unknown): never {
  throw /Unexpected end of data/.test(messageOf(error)) ? new LostConnection(error) : error;
}

/** Names that are listed begin with `./`, so that none can be taken for an option. */
function listScript({ newerThan }: Collection): string {
  const newer = newerThan === null ? "" : ` -newer ${labFolder}/${newerThan}`;
  const files = `${labFolder}/.lists-$$`;
  return [
    "set -e",
    `mkdir -p ${files}`,
    `trap 'rm -rf ${files}' EXIT`,
    `cat >${files}/have`,
    `cd "${labFolder}/$1" 2>/dev/null || exit 0`,
    "shift",
    `find . ! -type d${newer} >${files}/all`,
    `for folder in "$@"; do [ -d "./$folder" ] && find "./$folder" ! -type d >>${files}/all || true; done`,
    `sort -u ${files}/all | grep -Fxvf ${files}/have >${files}/want || exit 0`,
    // Some busybox have a tar without -T. Several tars behind one another read as one.
    `tr '\\n' '\\0' <${files}/want | xargs -0 tar -cf -`,
  ].join("; ");
}
