/** The program, run from its sources. What is published starts by launch/launch.ts. */

import { main } from "./main.ts";

process.exitCode = await main(process.argv.slice(2));
