// What is another thing in the second image than in the first? node compare-builds.ts previous latest
import { diffSnapshots, openImage } from "kaniko-lab";

const [before = "previous", after = "latest"] = process.argv.slice(2);
const [one, other] = await Promise.all([before, after].map(async name => (await openImage(name)).lastStep()));
const difference = await diffSnapshots(one, other);

for (const { kind, path, causes } of difference)
  if (causes.join() !== "time") console.log(kind, `/${path}`, causes.join(" "));
console.log(`${difference.bytesDelta} bytes more`);
