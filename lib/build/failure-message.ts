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
