import type { Directive } from "./dockerfile.ts";
import { cut, trimEndOf, trimSpaceStart, trimStartOf } from "./go-text.ts";
import { SyntaxFault } from "./syntax-error.ts";

const blanks = "\t\n\f\r ";
const knownNames = /^(?:syntax|escape|check)$/i;

/**
 * Parser directives are comments of the form `# name=value`, each at most once, before anything else. The first line
 * that is not a known one ends them. Mirrors BuildKit's `DirectiveParser`.
 */
export class DirectiveParser {
  readonly found: Directive[] = [];
  #done = false;

  /** Looks at a line without its line end. @throws SyntaxFault for a second directive of one name. */
  parseLine(text: string, line: number): Directive | null {
    if (this.#done) return null;
    const directive = directiveOf(text, line);
    if (directive === null) {
      this.#done = true;
      return null;
    }
    if (this.found.some(other => other.name === directive.name)) {
      throw new SyntaxFault(`only one ${directive.name} parser directive can be used`);
    }
    this.found.push(directive);
    return directive;
  }
}

function directiveOf(text: string, line: number): Directive | null {
  if (!text.startsWith("#")) return null;
  const [left, right] = cut(trimSpaceStart(text.slice(1)), "=");
  const name = trimEndOf(left, blanks);
  if (right === undefined || right === "" || !knownNames.test(name)) return null;
  // A value of blanks only keeps its last blank: BuildKit's pattern wants at least one character.
  const value = trimEndOf(trimStartOf(right, blanks), blanks) || right.slice(-1);
  return { name: name.toLowerCase() as Directive["name"], value, line };
}
