/** Which values of a build are secret, and how they are kept out of everything that is shown or written. */

const secretName = /pass(?:word|wd|phrase)?|token|secret|credential|api_?key|private_?key|access_?key|auth/i;

/** Whether a build argument or variable is called like a secret: then its value is never recorded, shown, or put into an argument list. */
export function hasSecretName(name: string): boolean {
  return secretName.test(name);
}

export const mask = "***";

export type Redactor = <T>(value: T) => T;

/** Shorter values would mask ordinary text; such a secret protects nothing. */
const shortestSecret = 4;

/** Replaces the given values by `***` in every string of a value of any shape (objects and arrays are copied). */
export function createRedactor(secrets: readonly string[]): Redactor {
  const values = [...new Set(secrets)]
    .filter(value => value.length >= shortestSecret)
    .sort((a, b) => b.length - a.length);
  if (values.length === 0) return value => value;
  const redactText = (text: string) => values.reduce((rest, secret) => rest.replaceAll(secret, mask), text);
  const redact = (value: unknown): unknown => {
    if (typeof value === "string") return redactText(value);
    if (Array.isArray(value)) return value.map(redact);
    if (value !== null && typeof value === "object") {
      return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, redact(inner)]));
    }
    return value;
  };
  return redact as Redactor;
}
