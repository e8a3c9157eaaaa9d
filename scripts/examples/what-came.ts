// What did an instruction add, and what does it cost? node what-came.ts latest "RUN apk add"
import { openImage } from "kaniko-lab";

const [name = "latest", instruction] = process.argv.slice(2);
const image = await openImage(name);
const step = instruction === undefined ? await image.lastStep() : await image.step(instruction);

console.log(`step ${step.number}: ${step.text}`);
console.log(`${step.added.length} added, ${step.modified.length} modified, ${step.deleted.length} deleted`);
console.log(`${step.sizeBytes} of ${image.sizeBytes} bytes of the image`);
for (const path of step.added) console.log(`+ ${path} ${step.node(path)?.sizeBytes} bytes`);
