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

/** The code of each and the one that ends it. */
export const styleCodes: Readonly<Record<keyof Style, readonly [open: number, close: number]>> = {
  bold: [1, 22],
  dim: [2, 22],
  red: [31, 39],
  green: [32, 39],
  yellow: [33, 39],
  cyan: [36, 39],
};

export function createStyle(colored: boolean): Style {
  const paint = ([open, close]: readonly [number, number]): Paint =>
    colored ? text => (text === "" ? "" : `\x1b[${open}m${text}\x1b[${close}m`) : text => text;
  return {
    bold: paint(styleCodes.bold),
    dim: paint(styleCodes.dim),
    red: paint(styleCodes.red),
    green: paint(styleCodes.green),
    yellow: paint(styleCodes.yellow),
    cyan: paint(styleCodes.cyan),
  };
}
