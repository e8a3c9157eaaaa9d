/** Where a build is run again: a cache folder of its own, which is removed in the end. */

import { existsSync } from "node:fs";
import { copyFile, mkdir, readFile, writeFile } from "node:fs/promises";
import { join, resolve } from "node:path";
import { errnoOf, LabError } from "../../error.ts";
import type { BuildRecord } from "../../model/build.ts";
import type { Digest } from "../../model/digest.ts";
import { CacheFolder } from "../../store/cache-folder.ts";
import { removeFolder } from "../../store/remove-folder.ts";
import { temporaryName } from "../../store/temporary-name.ts";

/** What is in the real cache folder already is not fetched again. */
export class RerunFolder extends CacheFolder {
  readonly #real: CacheFolder;

  /** Gives `work` a folder, which is gone when it has ended. */
  static async use<Result>(real: CacheFolder, work: (own: RerunFolder) => Promise<Result>): Promise<Result> {
    await real.create();
    const own = new RerunFolder(join(real.scratch, temporaryName()), real);
    try {
      await own.create();
      return await work(own);
    } finally {
      await removeFolder(own.root);
    }
  }

  private constructor(root: string, real: CacheFolder) {
    super(root);
    this.#real = real;
  }

  override driver(name: string): string {
    return this.#real.driver(name);
  }

  override findLayer(digest: Digest): string | null {
    return super.findLayer(digest) ?? this.#real.findLayer(digest);
  }

  /**
   * The Dockerfile of a build as it was, cut by `cut`, with the ignore file that belongs to it: Kaniko looks for that beside
   * the Dockerfile.
   * @throws LabError `usage` for a build whose Dockerfile is not kept
   */
  async writeDockerfile(build: BuildRecord, cut: (text: string) => string): Promise<string> {
    const text = await this.#recordedDockerfile(build);
    const folder = join(this.root, "dockerfile");
    await mkdir(folder);
    const file = join(folder, "Dockerfile");
    await writeFile(file, cut(text));
    const ignoreFile = `${resolve(build.spec.context, build.spec.dockerfile)}.dockerignore`;
    if (existsSync(ignoreFile)) await copyFile(ignoreFile, `${file}.dockerignore`);
    return file;
  }

  async #recordedDockerfile({ id }: BuildRecord): Promise<string> {
    try {
      return await readFile(join(this.#real.buildFolder(id), "Dockerfile"), "utf8");
    } catch (error) {
      if (errnoOf(error) !== "ENOENT") throw error;
      throw new LabError("usage", `build ${id} has no Dockerfile of its own: its context came from elsewhere`, {
        hint: "only builds of folders can be run again",
      });
    }
  }
}
