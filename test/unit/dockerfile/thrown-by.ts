import { LabError } from "../../../lib/error.ts";

/** The LabError that `act` throws; fails for any other outcome. */
export function labErrorOf(act: () => unknown): LabError {
  try {
    act();
  } catch (error) {
    if (error instanceof LabError) return error;
    throw error;
  }
  throw new Error("nothing was thrown");
}
