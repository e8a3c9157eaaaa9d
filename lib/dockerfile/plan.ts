import type { PlannedStep } from "../executor/events.ts";
import type { ResolvedDockerfile } from "./resolve.ts";

/**
 * The steps of a build as the Dockerfile has them: FROM and every instruction of every stage, needed or not, numbered
 * from 1 in the order of the file. ARGs before the first FROM are no steps; triggers of a base are found out later.
 */
export function planSteps(resolved: ResolvedDockerfile): PlannedStep[] {
  const steps: PlannedStep[] = [];
  for (const { stage } of resolved.stages) {
    const { index, name, text, line, endLine } = stage;
    for (const step of [{ keyword: "FROM", text, line, endLine }, ...stage.instructions]) {
      steps.push({
        number: steps.length + 1,
        stage: { index, name },
        line: step.line,
        endLine: step.endLine,
        instruction: step.keyword,
        text: step.text,
      });
    }
  }
  return steps;
}
