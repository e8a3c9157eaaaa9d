import { type Check, checkMachine } from "../../lib/build/check-machine.ts";
import { chooseDriver } from "../../lib/build/choose-driver.ts";
import { executorDrivers } from "../../lib/build/drivers.ts";
import type { Command } from "../command.ts";

export const command: Command = {
  examples: [
    ["$0 doctor", "what works here"],
    ["$0 doctor --json", "the same for programs"],
  ],
  options: argv => argv,
  async run(context) {
    const drivers = executorDrivers();
    const checks = await checkMachine(drivers, context.cache);
    const chosen = await chooseDriver(drivers, "auto").catch(() => null);
    if (context.output.json) {
      context.output.document({ checks, driver: chosen?.driver.name ?? null });
      return chosen ? 0 : 1;
    }
    for (const check of checks) for (const line of checkLines(check)) context.output.line(line);
    context.output.line("");
    context.output.line(
      chosen
        ? `builds run on: ${chosen.driver.name}`
        : "nothing here can run Kaniko; recordings and images can be looked at all the same",
    );
    return chosen ? 0 : 1;
  },
};

function checkLines(check: Check): string[] {
  const head = `${check.works ? "ok  " : "no  "} ${check.name.padEnd(10)} ${check.detail}`;
  return check.works || check.hint === "" ? [head] : [head, `     ${"".padEnd(10)} → ${check.hint}`];
}
