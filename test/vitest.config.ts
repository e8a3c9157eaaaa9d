import { defineConfig } from "vitest/config";

const project = (name: string, testTimeoutMs: number, oneFileAtATime = false) => ({
  test: {
    name,
    include: [`test/${name}/**/*.test.{ts,tsx}`],
    testTimeout: testTimeoutMs,
    hookTimeout: testTimeoutMs,
    fileParallelism: !oneFileAtATime,
  },
});

// unit: pure code and real files. integration: real engines, executors and registries. e2e: the program in a real terminal.
export default defineConfig({
  test: {
    projects: [project("unit", 60_000), project("integration", 180_000, true), project("e2e", 120_000, true)],
  },
});
