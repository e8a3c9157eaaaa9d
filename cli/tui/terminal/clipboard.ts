/** The escape sequence (OSC 52) that puts a text on the terminal's clipboard, over SSH too. Terminals that do not know it ignore it. */
export function clipboardSequence(text: string): string {
  return `\x1b]52;c;${Buffer.from(text, "utf8").toString("base64")}\x07`;
}
