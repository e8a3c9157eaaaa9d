// Why was the layer cache missed? Ends with 1 when a step was a miss by itself: for a CI job.
import { explainMiss, openImage } from "kaniko-lab";

const steps = await explainMiss(await openImage(process.argv[2] ?? "latest"));
const missed = steps.filter(({ result, isFirst }) => result === "miss" && isFirst);

for (const { step, sentence } of missed) console.log(`line ${step.line}: ${step.text}\n  ${sentence}`);
process.exitCode = missed.length > 0 ? 1 : 0;
