import { suggestion } from "../dockerfile/suggest.ts";
import { LabError } from "../error.ts";

/** The values that the user gives with `--param NAME=VALUE`, and which names the file asks for. */
export class Given {
  readonly #values: ReadonlyMap<string, string>;
  readonly #names = new Set<string>();

  constructor(values: ReadonlyMap<string, string>) {
    this.#values = values;
  }

  /** The value given under the first of the names that one is given for. */
  value(...names: string[]): string | undefined {
    for (const name of names) this.#names.add(name);
    const found = names.find(name => this.#values.has(name));
    return found === undefined ? undefined : this.#values.get(found);
  }

  /** @throws LabError `usage` for a value that nothing in the file asks for: mostly a misspelling. */
  refuseUnused(file: string): void {
    const names = [...this.#names];
    const unused = [...this.#values.keys()].find(name => !this.#names.has(name));
    if (unused === undefined) return;
    const shortest = names.filter(name => !names.some(other => other !== name && name.endsWith(`.${other}`)));
    throw new LabError(
      "usage",
      `--param ${unused}: nothing in ${file} is called so${suggestion(unused, shortest, true)}`,
      { hint: names.length === 0 ? "the file takes no parameters" : `it knows: ${shortest.slice(0, 20).join(", ")}` },
    );
  }
}
