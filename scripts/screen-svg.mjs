// A terminal's screen as SVG: text stays text, so pictures are small and sharp. Every run of cells with one look is one
// element; its width is told, so that columns stay columns whatever font the reader has.

const cell = { width: 8.4, height: 18, baseline: 13.5, font: 14 };
const padding = 12;
const colours = { background: "#16181d", text: "#d7dae0" };
const ansi = [
  ..."#3b4048 #e8747c #8fc77a #e0b766 #6cb0f0 #c58be0 #5fbfc9 #c3c8d1".split(" "),
  ..."#6b7280 #ff949b #a9e08f #f5d082 #8ac6ff #dba6f5 #7fdbe5 #ffffff".split(" "),
];

/** @param terminal of @xterm/headless @param title for those who do not see it */
export function screenSvg(terminal, title) {
  const width = terminal.cols * cell.width + 2 * padding;
  const height = terminal.rows * cell.height + 2 * padding;
  const lines = Array.from({ length: terminal.rows }, (_, y) => lineSvg(terminal, y));
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${round(width)} ${height}" width="${round(width)}" height="${height}" role="img" aria-label="${escapeText(title)}">`,
    `<title>${escapeText(title)}</title>`,
    `<rect width="100%" height="100%" rx="8" fill="${colours.background}"/>`,
    `<g font-family="ui-monospace,SFMono-Regular,Menlo,Consolas,'DejaVu Sans Mono',monospace" font-size="${cell.font}" fill="${colours.text}" style="white-space:pre">`,
    ...lines.filter(line => line !== ""),
    "</g></svg>\n",
  ].join("\n");
}

function lineSvg(terminal, y) {
  const { active } = terminal.buffer;
  const line = active.getLine(active.baseY + y);
  return runsOf(line, terminal.cols)
    .map(
      run =>
        backSvg(run, y) +
        wordsOf(run)
          .map(word => textSvg(word, y))
          .join(""),
    )
    .join("");
}

/** Readers of SVG do not agree on several blanks in a row: there a run ends. */
function wordsOf(run) {
  if (run.cells !== run.text.length) return run.text.trim() === "" ? [] : [run];
  return [...run.text.matchAll(/\S+(?: \S+)*/g)].map(({ 0: text, index }) => ({
    ...run,
    text,
    x: run.x + index,
    cells: text.length,
  }));
}

/** Cells side by side that look the same. */
function runsOf(line, columns) {
  const runs = [];
  for (let x = 0; x < columns; x += 1) {
    const found = line?.getCell(x);
    if (!found || found.getWidth() === 0) continue;
    const look = lookOf(found);
    const key = JSON.stringify(look);
    const chars = found.getChars() || " ";
    const last = runs.at(-1);
    if (last?.key === key) {
      last.text += chars;
      last.cells += found.getWidth();
    } else runs.push({ key, look, text: chars, x, cells: found.getWidth() });
  }
  return runs;
}

function lookOf(found) {
  let text = colourOf(found.isFgDefault(), found.isFgRGB(), found.getFgColor()) ?? colours.text;
  let back = colourOf(found.isBgDefault(), found.isBgRGB(), found.getBgColor());
  if (found.isInverse()) [text, back] = [back ?? colours.background, text];
  return {
    text,
    back,
    bold: !!found.isBold(),
    dim: !!found.isDim(),
    italic: !!found.isItalic(),
    line: !!found.isUnderline(),
  };
}

function colourOf(isDefault, isRgb, value) {
  if (isDefault) return null;
  if (isRgb) return `#${value.toString(16).padStart(6, "0")}`;
  if (value < 16) return ansi[value];
  if (value >= 232) return `#${(8 + (value - 232) * 10).toString(16).padStart(2, "0").repeat(3)}`;
  const level = at => [0, 95, 135, 175, 215, 255][Math.floor((value - 16) / at) % 6].toString(16).padStart(2, "0");
  return `#${level(36)}${level(6)}${level(1)}`;
}

function backSvg({ look, x, cells }, y) {
  if (look.back === null) return "";
  const place = `x="${round(padding + x * cell.width)}" y="${padding + y * cell.height}"`;
  return `<rect ${place} width="${round(cells * cell.width)}" height="${cell.height}" fill="${look.back}"/>`;
}

function textSvg({ look, text, x, cells }, y) {
  const style = [
    look.text === colours.text ? "" : ` fill="${look.text}"`,
    look.bold ? ' font-weight="bold"' : "",
    look.dim ? ' opacity=".6"' : "",
    look.italic ? ' font-style="italic"' : "",
    look.line ? ' text-decoration="underline"' : "",
  ].join("");
  const place = `x="${round(padding + x * cell.width)}" y="${round(padding + y * cell.height + cell.baseline)}"`;
  const wide = `textLength="${round(cells * cell.width)}" lengthAdjust="spacingAndGlyphs"`;
  return `<text ${place} ${wide}${style}>${escapeText(text)}</text>`;
}

function round(value) {
  return Math.round(value * 10) / 10;
}

function escapeText(text) {
  return text.replace(/[&<>"]/g, sign => ({ "&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;" })[sign]);
}
