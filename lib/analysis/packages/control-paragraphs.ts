/** Paragraphs of `Name: value` lines, an empty line between them, as Debian and e-mail have them; further lines of a value start with a blank. */
export function* controlParagraphs(text: string): Generator<ReadonlyMap<string, string>, void, void> {
  let fields = new Map<string, string>();
  let at = 0;
  while (at < text.length) {
    const lineEnd = text.indexOf("\n", at);
    const end = lineEnd < 0 ? text.length : lineEnd;
    const line = text.slice(at, text[end - 1] === "\r" ? end - 1 : end);
    at = end + 1;
    if (line === "") {
      if (fields.size > 0) yield fields;
      fields = new Map();
      continue;
    }
    const colon = line.indexOf(":");
    if (colon <= 0 || line[0] === " " || line[0] === "\t") continue;
    const name = line.slice(0, colon).toLowerCase();
    // The first one counts: what follows an e-mail's header is its text.
    if (!fields.has(name)) fields.set(name, line.slice(colon + 1).trim());
  }
  if (fields.size > 0) yield fields;
}
