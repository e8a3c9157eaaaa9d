import { afterEach, describe, expect, test } from "vitest";
import type { BuildRecord } from "../../../lib/model/build.ts";
import { busybox, type Driver, executorFile, Place, skipNote, whyNot } from "./support.ts";

// Switches of the executor that CI's container sets change keys: they must reach the executor here, and the prediction.

const dockerfile = `FROM ${busybox}\nARG WORD=one\nCOPY files /files\nRUN echo \${WORD} > /word\n`;

const forms = {
  "a Pod": (switches: readonly string[]) => `apiVersion: v1
kind: Pod
metadata: { name: image }
spec:
  containers:
    - name: kaniko
      image: gcr.io/kaniko-project/executor
      args: [--cache, --no-push, --cache-copy-layers]
      env:
${switches.map(name => `        - { name: ${name}, value: "true" }`).join("\n")}
`,
  "a GitLab job": (switches: readonly string[]) => `build-image:
  image: { name: gcr.io/kaniko-project/executor:debug, entrypoint: [""] }
  variables:
${switches.map(name => `    ${name}: "true"`).join("\n")}
  script:
    - /kaniko/executor --context . --cache --no-push --cache-copy-layers
`,
  "a script": (switches: readonly string[]) =>
    `${switches.map(name => `export ${name}=true`).join("\n")}\n/kaniko/executor --context . --cache --no-push --cache-copy-layers\n`,
} as const;

const switches = ["FF_KANIKO_RESOLVE_CACHE_KEY", "FF_KANIKO_HASH_DIR_FRAMING", "FF_KANIKO_CACHE_PROBE_AFTER_MISS"];

for (const driver of ["sandbox", "docker"] as const) {
  const reason = whyNot(driver, "fork");
  describe.skipIf(reason)(`switches of CI's container in ${driver}${skipNote(reason)}`, () => testSwitches(driver));
}

function testSwitches(driver: Driver): void {
  let place: Place;
  afterEach(() => place.remove());

  // How a form is read does not depend on the driver.
  const formsHere = driver === "docker" ? (["a Pod"] as const) : (Object.keys(forms) as (keyof typeof forms)[]);
  test.each(formsHere)("of %s reach the executor and the prediction", async form => {
    const file = form === "a GitLab job" ? ".gitlab-ci.yml" : form === "a script" ? "build.sh" : "pod.yaml";
    place = await Place.create({ Dockerfile: dockerfile, "files/a.txt": "a\n", "files/b/c.txt": "c\n" });
    const keysWith = async (names: readonly string[]): Promise<(string | null)[]> => {
      await place.write({ [`../${file}`]: forms[form](names.length === 0 ? ["OTHER"] : names) });
      const args = ["from", file, "--context", "context", "--driver", driver, "--executor", executorFile("fork")];
      const { build } = await place.json(...args);
      const { steps, prediction } = (await place.record(build.id)) as unknown as BuildRecord;
      // All that was foreseen is what the executor then did.
      expect(prediction).toMatchObject({ keys: 3, known: 3, exact: 3, wrong: [], unknown: null });
      expect(prediction?.results).toMatchObject({ wrong: [] });
      return steps.map(({ cache }) => cache.key);
    };
    const plain = await keysWith([]);
    const switched = await keysWith(switches);
    const lines = (keys: readonly (string | null)[]) => keys.slice(1);
    // The folder's hash is another one, and so is everything after it.
    expect(lines(switched)[0]).toBe(lines(plain)[0]);
    expect(lines(switched)[1]).not.toBe(lines(plain)[1]);
    expect(lines(switched)[2]).not.toBe(lines(plain)[2]);
  });
}
