const defaultTtlMs = 336 * 3_600_000;
const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000 };

/** How long entries of the layer cache live, in milliseconds: `--cache-ttl` in Go's form (`6h`, `1h30m`), else Kaniko's 336 h. */
export function cacheTtlMs(args: readonly string[]): number {
  const position = args.findLastIndex(arg => arg === "--cache-ttl" || arg.startsWith("--cache-ttl="));
  if (position < 0) return defaultTtlMs;
  const arg = args[position] as string;
  const text = arg.includes("=") ? arg.slice(arg.indexOf("=") + 1) : (args[position + 1] ?? "");
  if (!/^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/.test(text)) return defaultTtlMs;
  let sum = 0;
  for (const [, number, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h)/g))
    sum += Number(number) * (unitMs[unit as string] as number);
  return sum;
}
