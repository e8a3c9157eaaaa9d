import { errnoOf, LabError, messageOf } from "../error.ts";

/** A file that is there but cannot be read, whatever the reason: not the same as one that is missing. */
export function readError(error: unknown, file: string): unknown {
  if (error instanceof LabError || errnoOf(error) === undefined) return error;
  return new LabError("cache-unreadable", `cannot read ${file}: ${messageOf(error)}`, {
    hint: "check its permissions and the disk, then try again",
    cause: error,
  });
}

/** Turns an errno of a write below the cache folder into an error that says what the user can do. */
export function storeError(error: unknown, file: string): unknown {
  if (error instanceof LabError) return error;
  switch (errnoOf(error)) {
    case "ENOSPC":
    case "EDQUOT":
      return new LabError("disk-full", `no space left while writing ${file}`, {
        hint: "free some space, or choose another folder with --cache-dir",
        cause: error,
      });
    case "EROFS":
    case "EACCES":
    case "EPERM":
      return new LabError("cache-not-writable", `cannot write ${file}: ${messageOf(error)}`, {
        hint: "choose a folder of your own with --cache-dir or KANIKO_LAB_CACHE",
        cause: error,
      });
    case "ENOTDIR":
    case "EEXIST":
      return new LabError("cache-not-writable", `${file} is in the way: ${messageOf(error)}`, { cause: error });
    default:
      return error;
  }
}
