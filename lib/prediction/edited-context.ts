import { createHash } from "node:crypto";
import { type ContextReader, type SourceFile, Unknown } from "../cache-key/context-reader.ts";

/** The context as it would be when some of its files, or all files of some folders, had other contents. */
export class EditedContext implements ContextReader {
  readonly #context: ContextReader;
  readonly #edited: readonly string[];

  /** @param edited paths relative to the context */
  constructor(context: ContextReader, edited: readonly string[]) {
    this.#context = context;
    this.#edited = edited;
  }

  stat(path: string): Promise<SourceFile | null | Unknown> {
    return this.#context.stat(path);
  }

  names(folder: string): Promise<readonly string[] | Unknown> {
    return this.#context.names(folder);
  }

  async hash(path: string, prefix: string): Promise<string | Unknown> {
    const hash = await this.#context.hash(path, prefix);
    if (hash instanceof Unknown || !this.#isEdited(path)) return hash;
    return createHash("md5").update(`edited ${hash}`).digest("hex");
  }

  #isEdited(path: string): boolean {
    return this.#edited.some(edited => edited === "" || path === edited || path.startsWith(`${edited}/`));
  }
}
