/** The 16 ANSI colours as functions; plain text where colours are off, so colour is never the only sign. */

type Paint = (text: string) => string;

export interface Style {
  readonly bold: Paint;
  readonly dim: Paint;
  readonly red: Paint;
  readonly green: Paint;
  readonly yellow: Paint;
  readonly cyan: Paint;
}

export function createStyle(colored: boolean): Style {
  const paint = (open: number, close: number): Paint =>
    colored ? text => (text === "" ? "" : `\x1b[${open}m${text}\x1b[${close}m`) : text => text;
  return {
    bold: paint(1, 22),
    dim: paint(2, 22),
    red: paint(31, 39),
    green: paint(32, 39),
    yellow: paint(33, 39),
    cyan: paint(36, 39),
  };
}
