import { csvFields } from "./csv.ts";
import { cut, quote, toLower } from "./go-text.ts";
import { suggestion } from "./suggest.ts";
import { SyntaxFault } from "./syntax-error.ts";

/**
 * Checks a `RUN --mount` as far as BuildKit does before variables are expanded, and gives what it is mounted from: the
 * name or number of a stage or an image reference, or "".
 * @throws SyntaxFault for malformed fields and for a variable in `from=`.
 */
export function parseMountFrom(mount: string): string {
  let from = "";
  for (const field of csvFields(mount, "failed to parse csv mounts")) {
    const [key, value] = cut(field, "=");
    if (toLower(key) !== "from" || value === undefined) continue;
    const dollar = value.indexOf("$");
    if (dollar >= 0 && dollar < value.length - 1) {
      throw new SyntaxFault(
        "'from' doesn't support variable expansion, define alias stage instead",
        "add a stage with FROM and the variable, give it a name with AS, and mount from that name",
      );
    }
    from = value;
  }
  return from;
}

const goBooleans = ["1", "t", "T", "TRUE", "true", "True", "0", "f", "F", "FALSE", "false", "False"];

/** Checks a `RUN --device`. @throws SyntaxFault */
export function checkDevice(device: string): void {
  let name = "";
  for (const field of csvFields(device, "failed to parse csv devices")) {
    const [rawKey, value] = cut(field, "=");
    const key = toLower(rawKey);
    if (value === undefined) {
      if (key === "required") continue;
      if (name !== "") throw new SyntaxFault(`invalid field '${field}' must be a key=value pair`);
      name = field;
    } else if (key === "name") {
      if (name !== "") throw new SyntaxFault(`device name already set to ${name}`);
      name = value;
    } else if (key === "required") {
      if (!goBooleans.includes(value)) throw new SyntaxFault(`invalid value for ${key}: ${value}`);
    } else {
      if (name !== "") {
        const hint = suggestion(key, ["name", "required"], true);
        throw new SyntaxFault(`unexpected key '${key}' in '${field}'${hint}`);
      }
      name = field;
    }
  }
}

/** Checks `RUN --network` and `RUN --security`. @throws SyntaxFault */
export function checkRunModes(network: string | undefined, security: string | undefined): void {
  if (network !== undefined && !["default", "none", "host"].includes(network)) {
    throw new SyntaxFault(`invalid network mode ${quote(network)}`, "use --network=default, none or host");
  }
  if (security !== undefined && !["insecure", "sandbox"].includes(security)) {
    throw new SyntaxFault(`security ${quote(security)} is not valid`, "use --security=sandbox or insecure");
  }
}
