import { readFileSync } from "node:fs";
import { describe, expect, test } from "vitest";
import { LabError } from "../../../lib/error.ts";
import { type CiLog, readCiLog } from "../../../lib/explain/ci-log.ts";

// Logs of real builds, in JSON, and what CI systems, other programs and bad luck make of them.

const fixture = (name: string) =>
  readFileSync(new URL(`../../fixtures/logs/${name}.log`, import.meta.url), "utf8")
    .trimEnd()
    .split("\n");

async function read(lines: Iterable<string>): Promise<CiLog> {
  async function* each() {
    yield* lines;
  }
  return readCiLog(each(), "ci.log");
}

function told({ kept }: CiLog) {
  return kept.record.steps.map(({ text, cache }) => [text, cache.key, cache.parts]);
}

interface Logged {
  readonly level: string;
  readonly msg: string;
  readonly time: string;
}

/** Every line of Kaniko in another of its formats. */
function as(lines: readonly string[], form: (logged: Logged) => string): string[] {
  return lines.map(line => (line.startsWith('{"level":"') ? form(JSON.parse(line) as Logged) : line));
}

const asText = ({ level, msg, time }: Logged) => `time="${time}" level=${level} msg=${JSON.stringify(msg)}`;
const colours: Readonly<Record<string, number>> = { info: 36, warning: 33, error: 31 };
const asColour = ({ level, msg }: Logged) =>
  `\x1b[${colours[level] ?? 37}m${level.slice(0, 4).toUpperCase()}\x1b[0m[0003] ${msg.padEnd(44)} `;
const asPlain = ({ level, msg }: Logged) => `${level.slice(0, 4).toUpperCase()}[0003] ${msg.padEnd(44)} `;

describe.each(["fork-1", "fork-2", "upstream-1", "upstream-2"])("the log %s", name => {
  const lines = fixture(name);

  test.each([
    ["as text", as(lines, asText)],
    ["in colour", as(lines, asColour)],
    ["in colour's format without colour", as(lines, asPlain)],
    ["with lines that end as on Windows", lines.map(line => `${line}\r`)],
    ["with the times of a container", lines.map(line => `2026-11-21T14:46:31.123456789Z ${line}`)],
    ["with GitLab's times", lines.map(line => `2026-11-21T14:46:31.123456Z 01E ${line}`)],
    ["in GitLab's sections", lines.map(line => `section_start:1560896352:step_script\r\x1b[0K${line}`)],
    ["after GitLab's mark", lines.map(line => `\x1b[0K${line}`)],
  ])("%s tells the same", async (_, changed) => {
    expect(told(await read(changed))).toEqual(told(await read(lines)));
  });

  test("other programs' lines between tell nothing", async () => {
    const noise = [
      "npm WARN deprecated",
      '{"level":"info","msg":"RUN rm -rf /","time":"2026-01-01T00:00:00Z","pid":3}',
      '{"level":"info","msg":',
      'time="2026-01-01T00:00:00Z" level=info msg="RUN echo not a step"',
      "\x1b]0;title\x07\x1b[2J\x00\xff",
    ];
    expect(told(await read(lines.flatMap(line => [line, ...noise])))).toEqual(told(await read(lines)));
  });

  test("cut off anywhere, it tells what it has, or that it has nothing", async () => {
    const whole = told(await read(lines));
    for (let end = 0; end < lines.length; end += 7) {
      // In the middle of a line, too.
      const cut = [...lines.slice(0, end), (lines[end] as string).slice(0, 40)];
      const found = await read(cut).then(told, error => (error instanceof LabError ? [] : Promise.reject(error)));
      const keys = found.map(([, key]) => key).filter(key => key !== null);
      expect(whole.map(([, key]) => key)).toEqual(expect.arrayContaining(keys));
      const late = await read(lines.slice(end)).then(told, error => error);
      expect(Array.isArray(late) || late instanceof LabError).toBe(true);
    }
  });

  test("of a version that prints its keys otherwise, that is said", async () => {
    const { facts } = await read(lines.map(line => line.replaceAll("RUN", "RUN  ")));
    if (facts.keys > 0) expect(facts.parts + facts.unreadable).toBe(facts.keys);
    const other = await read(lines.map(line => line.replace(/(composite key for command .*?\[)(\S+)/, "$1other")));
    expect(other.facts.unreadable).toBe(other.facts.keys);
    expect(other.facts.keys).toBeGreaterThan(0);
  });
});

test("what a RUN prints, however much, is passed over", async () => {
  const lines = fixture("fork-1");
  const at = lines.findIndex(line => line.includes('"msg":"Running: ['));
  function* many() {
    yield* lines.slice(0, at);
    for (let line = 0; line < 300_000; line += 1) yield `line ${line} of a program`;
    yield "x".repeat(20_000_000);
    yield `{"level":"info","msg":"${"x".repeat(20_000_000)}","time":"2026-01-01T00:00:00Z"}`;
    yield* lines.slice(at);
  }
  const log = await read(many());
  expect(told(log)).toEqual(told(await read(lines)));
  expect(log.facts.lines).toBe(lines.length + 300_002);
});

test.each([[[]], [["", "hello"]], [["\x00".repeat(1000), '{"level":"info","msg":1,"time":"x"}']]])(
  "what has nothing of Kaniko in it is refused",
  async lines => {
    await expect(read(lines)).rejects.toMatchObject({ code: "damaged", hint: expect.stringContaining("--verbosity") });
  },
);
