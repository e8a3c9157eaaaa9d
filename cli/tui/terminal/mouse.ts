/** Wheel and clicks. ink drops them, so they are read from the same stream beside it. */

export type MouseEvent =
  | { readonly kind: "click"; readonly x: number; readonly y: number }
  | { readonly kind: "wheel"; readonly x: number; readonly y: number; readonly by: number };

/** Presses and wheel (1000), with positions beyond column 223 (1006). */
export const mouseOn = "\x1b[?1000h\x1b[?1006h";
export const mouseOff = "\x1b[?1006l\x1b[?1000l";

const wheelRows = 3;
const longestSequence = 32;

/** @returns a function that takes pieces of input and gives the mouse events in them; sequences may come in pieces. */
export function createMouseParser(): (input: string) => MouseEvent[] {
  let pending = "";
  return input => {
    const text = pending + input;
    const events: MouseEvent[] = [];
    let end = 0;
    for (const match of text.matchAll(/\x1b\[<(\d{1,4});(\d{1,5});(\d{1,5})([Mm])/g)) {
      end = match.index + match[0].length;
      const event = eventOf(Number(match[1]), Number(match[2]) - 1, Number(match[3]) - 1, match[4] === "M");
      if (event) events.push(event);
    }
    const start = text.lastIndexOf("\x1b");
    pending = start >= end && text.length - start < longestSequence ? text.slice(start) : "";
    return events;
  };
}

function eventOf(button: number, x: number, y: number, pressed: boolean): MouseEvent | null {
  if (!pressed) return null;
  // Shift, Alt and Ctrl are bits 4, 8 and 16.
  const plain = button & ~28;
  if (plain === 0) return { kind: "click", x, y };
  if (plain === 64) return { kind: "wheel", x, y, by: -wheelRows };
  return plain === 65 ? { kind: "wheel", x, y, by: wheelRows } : null;
}

/** As long as desktops wait for the second click. */
const doubleMs = 400;

/** @returns a function that tells of each event whether it is the second click of two on one place; a third is a first again. */
export function createDoubleClick(): (event: MouseEvent, atMs: number) => boolean {
  let last: { readonly x: number; readonly y: number; readonly atMs: number } | null = null;
  return (event, atMs) => {
    if (event.kind !== "click") return false;
    const isSecond = last !== null && last.x === event.x && last.y === event.y && atMs - last.atMs <= doubleMs;
    last = isSecond ? null : { x: event.x, y: event.y, atMs };
    return isSecond;
  };
}
