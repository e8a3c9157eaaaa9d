/** Which values of a build are secret, and how they are kept out of everything that is shown or written. */

const secretName = /pass(?:word|wd|phrase)?|token|secret|credential|api_?key|private_?key|access_?key|auth(?!or)/i;

/** Whether a build argument or variable is called like a secret: then its value is never recorded, shown, or put into an argument list. */
export function hasSecretName(name: string): boolean {
  return secretName.test(name);
}

export const mask = "***";

/** A command or instruction with the values of secret-like names in it masked: `ENV API_TOKEN=***`. */
export function maskAssignments(text: string): string {
  return text.replace(
    /\b([A-Za-z_]\w*)(=)("(?:[^"\\]|\\.)*"|'[^']*'|[^\s"']+)/g,
    (all, name: string, equals: string) => (hasSecretName(name) ? `${name}${equals}${mask}` : all),
  );
}

export type Redactor = <T>(value: T) => T;

/** Shorter values would mask ordinary text; such a secret protects nothing. */
const shortestSecret = 4;

/** A line of a longer secret (a private key) is printed alone; short lines are ordinary words. */
const shortestLine = 8;

/** Fields that hold words of our own, by which a record is read: an ordinary value must not destroy them. */
const structuralKeys = new Set(
  "type status id driver family version level digest diffId key manifest config mediaType instruction result startedAt".split(
    " ",
  ),
);

/** A secret as it may stand in a log: as it is, line by line, and as JSON and Go's JSON escape it. */
function formsOf(secret: string): string[] {
  const lines = secret.split(/\r?\n/).filter(line => line.length >= shortestLine);
  return [secret, ...lines].flatMap(text => {
    if (text.length < shortestSecret) return [];
    const json = JSON.stringify(text).slice(1, -1);
    const escaped = (character: string) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
    return [text, json, json.replace(/[<>&]/g, escaped)];
  });
}

/** Replaces the given values by `***` in the free text of a value of any shape (objects and arrays are copied). */
export function createRedactor(secrets: readonly string[]): Redactor {
  const values = [...new Set(secrets.flatMap(formsOf))].sort((a, b) => b.length - a.length);
  if (values.length === 0) return value => value;
  const redactText = (text: string) => values.reduce((rest, secret) => rest.replaceAll(secret, mask), text);
  const redact = (value: unknown): unknown => {
    if (typeof value === "string") return redactText(value);
    if (Array.isArray(value)) return value.map(redact);
    if (value !== null && typeof value === "object") {
      const redacted = (key: string, inner: unknown) => (structuralKeys.has(key) ? inner : redact(inner));
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redacted(key, inner)]));
    }
    return value;
  };
  return redact as Redactor;
}
