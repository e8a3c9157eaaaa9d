/** The program, run from its sources. What is published starts by launch/launch.ts. */

import { main } from "./main.ts";
import { packageFile } from "./package-root.ts";
import { asksForVersion, writeVersion } from "./version.ts";

const argv = process.argv.slice(2);
if (asksForVersion(argv)) writeVersion(packageFile("package.json"));
else process.exitCode = await main(argv);
