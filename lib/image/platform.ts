import { endianness } from "node:os";
import { LabError } from "../error.ts";

/** What an image runs on, in Go's words, as OCI uses them: `linux`, `amd64`, variant `""` or such as `v8`. */
export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant: string;
}

const goArchitecture: Readonly<Record<string, string>> = {
  x64: "amd64",
  ia32: "386",
  mipsel: "mipsle",
  loong64: "loong64",
};

/** Linux on this machine's processor: Kaniko builds nothing but Linux images. */
export function machinePlatform(): Platform {
  const architecture = process.arch === "ppc64" && endianness() === "LE" ? "ppc64le" : process.arch;
  return normalPlatform({ os: "linux", architecture: goArchitecture[architecture] ?? architecture, variant: "" });
}

/**
 * Reads `os/architecture[/variant]`, as `--platform` has it.
 * @throws LabError `usage`
 */
export function parsePlatform(text: string): Platform {
  const parts = text.split("/");
  const [os = "", architecture = "", variant = ""] = parts;
  if (parts.length > 3 || parts.some(part => !/^[A-Za-z0-9._-]+$/.test(part)) || architecture === "") {
    throw new LabError("usage", `not a platform: ${JSON.stringify(text.slice(0, 100))}`, {
      hint: "platforms look like linux/amd64 or linux/arm/v7",
    });
  }
  return normalPlatform({ os, architecture, variant });
}

export function formatPlatform({ os, architecture, variant }: Platform): string {
  return variant === "" ? `${os}/${architecture}` : `${os}/${architecture}/${variant}`;
}

/** The variants that are meant when none is written (containerd's `platforms.Normalize`). */
export function normalPlatform(platform: Platform): Platform {
  const { architecture, variant } = platform;
  if (architecture === "arm64" && variant === "v8") return { ...platform, variant: "" };
  if (architecture === "arm" && variant === "") return { ...platform, variant: "v7" };
  if (architecture === "amd64" && variant === "v1") return { ...platform, variant: "" };
  return platform;
}

/**
 * How well what is offered runs on what is wanted: 0 not at all, more is better. Older variants (`v6` on `v7`) run too,
 * worse than the very one; no variant runs on all.
 */
export function platformScore(offered: Platform, wanted: Platform): number {
  const [offer, want] = [normalPlatform(offered), normalPlatform(wanted)];
  if (offer.os !== want.os || offer.architecture !== want.architecture) return 0;
  if (offer.variant === want.variant) return 100;
  if (offer.variant === "") return 1;
  const [offerLevel, wantLevel] = [variantLevel(offer.variant), variantLevel(want.variant)];
  return offerLevel < wantLevel ? 1 + offerLevel : 0;
}

function variantLevel(variant: string): number {
  const level = Number(/^v(\d{1,2})/.exec(variant)?.[1] ?? "0");
  return level;
}
