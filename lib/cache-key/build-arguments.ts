import type { Variables } from "../dockerfile/expansion.ts";

/** These count without being declared. */
const alwaysAllowed = ["HTTP", "HTTPS", "FTP", "NO", "ALL"].flatMap(name => [
  `${name}_PROXY`,
  `${name.toLowerCase()}_proxy`,
]);

/** The ARGs of a stage. Mirrors `BuildArgs` of pkg/dockerfile/buildargs.go, and Docker's, which upstream uses. Pure. */
export class BuildArguments {
  readonly #given: Variables;
  /** The ARGs before the first FROM; null for one without a value. */
  readonly #global: ReadonlyMap<string, string | null>;
  /** TARGETPLATFORM and the like; empty where the executor has none. */
  readonly #predefined: Variables;
  readonly #declared: Map<string, string | null>;

  constructor(
    given: Variables,
    global: ReadonlyMap<string, string | null>,
    predefined: Variables,
    declared: ReadonlyMap<string, string | null> = new Map(),
  ) {
    this.#given = given;
    this.#global = global;
    this.#predefined = predefined;
    this.#declared = new Map(declared);
  }

  clone(): BuildArguments {
    return new BuildArguments(this.#given, this.#global, this.#predefined, this.#declared);
  }

  declare(name: string, value: string | null): void {
    this.#declared.set(name, value);
  }

  remove(name: string): void {
    this.#declared.delete(name);
  }

  /** Those with a value. */
  get allowed(): Map<string, string> {
    return this.#all(this.#declared);
  }

  /** What `ARG NAME` without a value takes. */
  inherited(name: string): string | null {
    return this.allowed.get(name) ?? this.#all(this.#global).get(name) ?? null;
  }

  #all(source: ReadonlyMap<string, string | null>): Map<string, string> {
    const found = new Map<string, string>();
    for (const name of [...source.keys(), ...alwaysAllowed]) {
      const value = this.#valueOf(name, source);
      if (value !== null) found.set(name, value);
    }
    return found;
  }

  #valueOf(name: string, source: ReadonlyMap<string, string | null>): string | null {
    const given = this.#given.get(name);
    if (given !== undefined) return given;
    const own = source.get(name) ?? null;
    if (own !== null) return own;
    return this.#global.get(name) ?? (source.has(name) ? (this.#predefined.get(name) ?? null) : null);
  }
}
