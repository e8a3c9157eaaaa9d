/** Lines for stdout, written many at once: each write is a call of the system, and a search has ten thousand of them. */

const mostCharacters = 32 * 1024;

let waiting = "";
let isScheduled = false;

export function writeLine(text: string): void {
  waiting += `${text}\n`;
  if (waiting.length >= mostCharacters || process.stdout.isTTY) flushLines();
  if (isScheduled || waiting === "") return;
  isScheduled = true;
  // As soon as the program waits for anything.
  setImmediate(() => {
    isScheduled = false;
    flushLines();
  });
}

/** To be called before anything else is written to stdout or stderr. */
export function flushLines(): void {
  if (waiting === "") return;
  const lines = waiting;
  waiting = "";
  process.stdout.write(lines);
}
