/** A span of a trace, as far as it is used here: what was done, from when to when, and its plain attributes. */
export interface TraceSpan {
  readonly name: string;
  /** Hex; "" where there is none. */
  readonly id: string;
  readonly parentId: string;
  /** Microseconds since 1970. */
  readonly startUs: number;
  readonly endUs: number;
  readonly attributes: ReadonlyMap<string, AttributeValue>;
}

/** Lists and maps are left out: Kaniko sends none. */
export type AttributeValue = string | number | boolean;
