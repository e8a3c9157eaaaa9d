/**
 * Text that compresses and inflates about as source code does (four to one): lines that come again and again, the frequent
 * ones most of all, between lines that are new. The same every time.
 */
export function sourceText(sizeBytes: number): string {
  let state = 1;
  const random = () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
  const skewed = (count: number) => Math.floor(count * random() ** 3);
  const letter = () => String.fromCharCode(97 + skewed(26));
  const times = <T>(count: number, make: () => T) => Array.from({ length: count }, make);
  const words = times(3000, () => times(3 + skewed(9), letter).join(""));
  const marks = [" ", " ", " ", ".", "(", ") ", " = ", ", ", ": "];
  const mark = () => marks[Math.floor(random() * marks.length)];
  const phrase = (count: number) => times(count, () => `${words[skewed(words.length)]}${mark()}`).join("");
  const known = times(600, () => "  ".repeat(1 + skewed(4)) + phrase(3 + skewed(6)));
  const lines: string[] = [];
  for (let length = 0; length < sizeBytes; ) {
    const line = random() < 0.62 ? (known[skewed(known.length)] as string) : `\t${phrase(2 + skewed(7))}`;
    lines.push(line);
    length += line.length + 1;
  }
  return lines.join("\n");
}
