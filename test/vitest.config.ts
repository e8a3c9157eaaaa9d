import { availableParallelism } from "node:os";
import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";

// Scripts and threads that tests start from their sources take half as long when Node keeps what it compiled.
const NODE_COMPILE_CACHE = fileURLToPath(new URL("../node_modules/.cache/kaniko-lab-tests", import.meta.url));

const project = (name: string, testTimeoutMs: number) => ({
  test: {
    name,
    env: { NODE_COMPILE_CACHE },
    include: [`test/${name}/**/*.test.{ts,tsx}`],
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    // More files at a time than there are cores: tests of builds wait for engines and disks. vitest would leave one of two idle.
    maxWorkers: Math.ceil(availableParallelism() * 1.5),
  },
});

// unit: pure code and real files. integration: real engines, executors and registries. e2e: the program in a real terminal.
export default defineConfig({
  test: {
    globalSetup: ["built-program", "known-executors"].map(name =>
      fileURLToPath(new URL(`support/${name}.ts`, import.meta.url)),
    ),
    projects: [project("unit", 60_000), project("integration", 180_000), project("e2e", 120_000)],
  },
});
