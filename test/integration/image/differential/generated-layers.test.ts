import fc from "fast-check";
import { describe, test } from "vitest";
import { unless } from "../needs.ts";
import { expectSameTree } from "./compare-trees.ts";
import { noGnuTar, noUmoci, unpackWithTar, unpackWithUmoci } from "./engines.ts";
import { layersOf } from "./layer-arbitrary.ts";
import { tarOf } from "./layer-tar.ts";

/**
 * Generated layers: our snapshot, and what programs of others really unpack. Where they do not agree, this was found:
 *
 * | what | they | we, and why |
 * |---|---|---|
 * | a folder that no layer has | time of unpacking; group and setgid bit of a parent that has the setgid bit | 0755, root, no time: no layer says anything |
 * | a folder, after a missing folder below was made | umoci: time of unpacking | the time of its entry, as containerd |
 * | pieces of a sparse file that are no whole blocks | GNU tar reads each from a new block on | they follow each other, as Go's archive/tar reads them; GNU tar never writes such |
 * | sparse files of GNU's first form (type S) | umoci refuses the layer | read, as containerd and GNU tar do |
 * | a folder twice, as `./a` and as `a` | GNU tar: attributes of the first (with --delay-directory-restore) | the last one counts, as in all engines |
 * | a time after 2262 | umoci: 1901, beyond 64 bits of nanoseconds | the time as it is |
 * | a hard link whose header has other attributes than the file | engines set them for the file, GNU tar does not | those of the file; no tool writes other ones |
 *
 * Left out, as engines refuse them or differ: entries below what is no folder, links to nothing, whiteouts of what the same
 * layer has, or of a link that its entries led through (umoci has followed it by then, Docker's overlay2 never sees it).
 * Access and change times are in the layers, but nobody here keeps or compares them. Parents that are links are followed
 * within the root by engines; GNU tar follows them as any program does, so it gets only relative ones that lead to
 * folders. A failure prints its seed: give it to `fc.assert` as `seed` and `path`.
 */
const runs = Number(process.env.KANIKO_LAB_DIFFERENTIAL_RUNS ?? 50);

describe.skipIf(unless(noGnuTar).skip)(`one layer, and GNU tar${unless(noGnuTar).why}`, () => {
  test("path, type, mode, owner, size, time, link, content and attributes", async () => {
    await fc.assert(
      fc.asyncProperty(
        layersOf({ layers: 1, foldersAgain: false, oldSparse: true, anyLinkedParents: false }),
        async layers => {
          await expectSameTree(layers.map(tarOf), (folder, [tar]) => unpackWithTar(folder, tar as Buffer));
        },
      ),
      { numRuns: runs },
    );
  });
});

describe.skipIf(unless(noUmoci).skip)(`layers upon layers, and umoci${unless(noUmoci).why}`, () => {
  test("the same, with whiteouts, opaque folders, type changes and links across layers", async () => {
    await fc.assert(
      fc.asyncProperty(
        layersOf({ layers: 4, foldersAgain: true, oldSparse: false, anyLinkedParents: true }),
        async layers => {
          await expectSameTree(layers.map(tarOf), unpackWithUmoci);
        },
      ),
      { numRuns: runs },
    );
  });
});
