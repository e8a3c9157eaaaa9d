/** Numbers as people read them. */

const byteUnits = ["B", "kB", "MB", "GB", "TB"] as const;

/** `0 B`, `39 B`, `1.1 kB`, `612 MB`: powers of 1000, three digits. */
export function formatBytes(bytes: number): string {
  let value = Math.abs(bytes);
  let unit = 0;
  while (value >= 999.5 && unit < byteUnits.length - 1) {
    value /= 1000;
    unit += 1;
  }
  const digits = unit === 0 || value >= 99.95 ? value.toFixed(0) : value >= 9.995 ? value.toFixed(1) : value.toFixed(2);
  return `${bytes < 0 ? "-" : ""}${unit === 0 ? digits : trimZeros(digits)} ${byteUnits[unit]}`;
}

function trimZeros(digits: string): string {
  return digits.includes(".") ? digits.replace(/\.?0+$/, "") : digits;
}

/** `reading layers: 1.2 MB of 40 MB`, `looking for waste: 40 %` */
export function progressText(
  what: string,
  done: number,
  total: number | null,
  unit: "bytes" | "rows" = "bytes",
): string {
  if (unit === "bytes") return `${what}: ${formatBytes(done)}${total === null ? "" : ` of ${formatBytes(total)}`}`;
  return `${what}: ${total === null ? done : `${total === 0 ? 100 : Math.floor((done / total) * 100)} %`}`;
}

/** `+1.2 kB`, `-3 B`, `0 B`. */
export function formatDelta(bytes: number): string {
  return bytes > 0 ? `+${formatBytes(bytes)}` : formatBytes(bytes);
}

/** `12 ms`, `1.4 s`, `2 m 05 s`, `1 h 02 m`. */
export function formatDuration(ms: number | null): string {
  if (ms === null) return "";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 59_950) return `${(ms / 1000).toFixed(1)} s`;
  const seconds = Math.round(ms / 1000);
  if (seconds < 3600) return `${Math.floor(seconds / 60)} m ${String(seconds % 60).padStart(2, "0")} s`;
  return `${Math.floor(seconds / 3600)} h ${String(Math.floor((seconds % 3600) / 60)).padStart(2, "0")} m`;
}

/** `1 layer`, `7 layers` */
export function counted(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? "" : "s"}`;
}

/** `2026-11-21 08:30`, in local time. */
export function formatTime(iso: string): string {
  const date = new Date(iso);
  if (Number.isNaN(date.getTime())) return iso;
  const two = (value: number) => String(value).padStart(2, "0");
  return `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${two(date.getHours())}:${two(date.getMinutes())}`;
}

/** The first 12 hex digits, as Docker shows them. */
export function shortDigest(digest: string | null): string {
  return digest === null ? "" : digest.replace(/^sha256:/, "").slice(0, 12);
}

/** `-rwxr-xr-x` with `s`, `S`, `t`, `T` as ls has them. */
export function formatMode(letter: string, mode: number): string {
  const bit = (mask: number, sign: string) => (mode & mask ? sign : "-");
  const special = (execute: number, mask: number, both: string, alone: string) =>
    mode & mask ? (mode & execute ? both : alone) : bit(execute, "x");
  return [
    letter,
    bit(0o400, "r"),
    bit(0o200, "w"),
    special(0o100, 0o4000, "s", "S"),
    bit(0o040, "r"),
    bit(0o020, "w"),
    special(0o010, 0o2000, "s", "S"),
    bit(0o004, "r"),
    bit(0o002, "w"),
    special(0o001, 0o1000, "t", "T"),
  ].join("");
}
