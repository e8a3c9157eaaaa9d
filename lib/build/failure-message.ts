/** Kaniko's last words without the layers of wrapping around what happened. Pure. */

const wrappings = [
  /^error building image: /,
  /^error building stage: /,
  /^failed to optimize instructions: /,
  /^failed to execute command: /,
  /^unable to complete operation after \d+ attempts, last error: /,
];

/** `error building stage: failed to execute command: waiting for process to exit: exit status 7` → `the command ended with exit status 7` */
export function failureMessage(said: string): string {
  let message = said;
  for (;;) {
    const wrapping = wrappings.find(form => form.test(message));
    if (!wrapping) break;
    message = message.replace(wrapping, "");
  }
  return message.replace(/^waiting for process to exit: (exit status \d+|signal: .+)/, "the command ended with $1");
}

const refusal =
  /\b(?:GET|HEAD|POST|PUT|PATCH) https?:\/\/([^/\s?]+)\/\S*: (?:unexpected status code )?((?:UNAUTHORIZED|DENIED|40[13] )[^;[\n]*)/;

/** Which registry refused, in what words; the same for all that was wanted of it. Null for a failure of another kind. */
export function refusedAccess(message: string): string | null {
  const [, registry, words] = refusal.exec(message) ?? [];
  return words === undefined ? null : `${registry} refuses access: ${words.trim()}`;
}
