/** The whole program, for tests in a real terminal: words as on the command line. */

import { main } from "../../cli/main.ts";

process.exitCode = await main(process.argv.slice(2));
