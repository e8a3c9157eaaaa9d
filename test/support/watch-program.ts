/** The whole program, for tests in a real terminal: words as on the command line. */

import { main } from "../../cli/main.ts";

void main(process.argv.slice(2)).then(status => {
  process.exitCode = status;
});
