/** What a package manager says is installed. */
export interface Package {
  readonly kind: PackageKind;
  readonly name: string;
  readonly version: string;
  /** As the manager counts it, unpacked; null where it does not tell. */
  readonly sizeBytes: number | null;
  /** Clean path of the file that tells of it. */
  readonly source: string;
  /** Equal for one package before and after an upgrade, different for two that can be installed side by side. */
  readonly key: string;
}

export type PackageKind = "dpkg" | "apk" | "rpm" | "npm" | "python";

export const packageKinds = ["dpkg", "apk", "rpm", "npm", "python"] as const satisfies readonly PackageKind[];
