// Stands for string-width in the bundle. The package builds a segmenter and a large regular expression when it is loaded,
// a sixth of what a listing takes from start to end: it is loaded for the first text that is not plain ASCII.
let measure;

export default function stringWidth(text, options) {
  const plain = typeof text === "string" && !options?.countAnsiEscapeCodes ? text.replace(/\x1b\[[\d;]*m/g, "") : text;
  if (typeof plain === "string" && /^[\x20-\x7e]*$/.test(plain)) return plain.length;
  measure ??= require("../node_modules/string-width/index.js").default;
  return measure(text, options);
}
