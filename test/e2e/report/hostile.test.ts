/** Names, instructions and messages that want to be more than text, and very many files. */

import { appendFileSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { stat } from "node:fs/promises";
import { gzipSync } from "node:zlib";
import type { Browser } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noChromium, openReport, startChromium } from "../../support/chromium.ts";
import { ImageLayout } from "../../unit/cli/image-layout.ts";
import { Place } from "../../unit/cli/program.ts";
import { file, tar } from "../../unit/layer/make-tar.ts";

const attack = "</script><img src=x onerror=hacked=1><svg onload=hacked=1>";

describe.skipIf(noChromium)(`a report of what wants to be more than text${noChromium}`, () => {
  let browser: Browser;
  let place: Place;

  beforeAll(async () => {
    [browser, place] = await Promise.all([startChromium(), Place.create()]);
  });
  afterAll(async () => {
    await browser.close();
    await place.remove();
  });

  async function report(...targets: string[]): Promise<string> {
    const output = place.path("report.html");
    const { status, stderr } = await place.run(["report", ...targets, "-o", output]);
    expect(stderr).toContain("written: ");
    expect(status).toBe(0);
    return output;
  }

  function layout(name: string, ...layers: Buffer[]): string {
    mkdirSync(place.path(name));
    const image = new ImageLayout(place.path(name));
    image.finish(image.image(layers.map(layer => ({ stored: gzipSync(layer, { level: 1 }), tar: layer }))));
    return `oci:${name}`;
  }

  test("names of files are text, wherever they are shown", async () => {
    const layer = tar(
      file(`srv/${attack}`, "content"),
      file("srv/<!--<script>hacked=1", "content"),
      file("srv/\x1b[31mred\nnew line", "content"),
      file("srv/abc\u202egnp.exe", "content"),
      file(Buffer.from("srv/\xff\xfe", "latin1"), "content"),
      file("srv/-----.pem", "x"),
    );
    const changed = tar(file("srv/<!--<script>hacked=1", "<img src=x onerror=hacked=1>\n</script>\n"));
    const target = layout("names", layer, changed);
    const { page, complaints, requests } = await openReport(browser, await report(target));
    await page.locator("#file-search").fill("srv");
    const rows = await page.locator("#file-tree [role=treeitem]").allTextContents();
    expect(rows.some(row => row.includes("onerror=hacked=1>"))).toBe(true);
    expect(rows.some(row => row.includes("/srv/\\x1b[31mred\\nnew line"))).toBe(true);
    expect(rows.some(row => row.includes("/srv/abc\\u{202e}gnp.exe"))).toBe(true);
    expect(rows.some(row => row.includes("/srv/\\xff\\xfe"))).toBe(true);
    // Every row is gone to, so that its details are shown, too.
    await page.locator("#file-tree").focus();
    for (const _ of rows) await page.keyboard.press("ArrowDown");
    await page.evaluate(() => {
      for (const details of document.querySelectorAll("details")) details.open = true;
    });
    expect(await page.locator("#app :is(img, svg, script, iframe, style)").count()).toBe(0);
    expect(await page.evaluate(() => "hacked" in globalThis)).toBe(false);
    expect(await page.locator("#changes").textContent()).toContain("hacked=1");
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
    await page.close();
  });

  test("instructions, warnings and messages of a record are text", async () => {
    const recording = new URL("../../../workspace/greeter.klab", import.meta.url).pathname;
    expect((await place.run(["import", recording])).status).toBe(0);
    for (const id of readdirSync(place.path("cache/builds"))) {
      const record = place.path("cache/builds", id, "build.json");
      const build = JSON.parse(readFileSync(record, "utf8"));
      build.name = `${attack}${id}`;
      build.warnings = [`warning ${attack}`];
      build.failure = { message: `failed \x1b]0;title\x07 ${attack}`, step: 3, exitCode: 1 };
      build.steps = build.steps.map((step: object) => ({ ...step, text: `RUN ${attack}` }));
      writeFileSync(record, JSON.stringify(build));
      const printed = { atMs: 9e9, type: "output", step: 3, text: `printed \x1b[2J ${attack}` };
      appendFileSync(place.path("cache/builds", id, "events.ndjson"), `${JSON.stringify(printed)}\n`);
    }
    for (const targets of [["latest"], ["previous", "latest"]]) {
      const { page, complaints, requests } = await openReport(browser, await report(...targets));
      expect(await page.locator("h1").textContent()).toContain("<img src=x");
      expect(await page.title()).toContain("<img src=x");
      expect(await page.locator(".notice").allTextContents()).toEqual(
        expect.arrayContaining([expect.stringContaining("\\x1b]0;title\\x07 </script>")]),
      );
      expect(await page.locator(".log").textContent()).toContain("printed \\x1b[2J </script><img src=x");
      expect(await page.locator("#app :is(img, svg, script, iframe, style)").count()).toBe(0);
      expect(await page.evaluate(() => "hacked" in globalThis)).toBe(false);
      expect(complaints).toEqual([]);
      expect(requests).toEqual([]);
      await page.close();
    }
  });

  test("100,000 files of an ordinary image are at most 2 MB, and can be searched", async () => {
    const target = layout("many", tar(file("etc/first", "x")), tar(...manyFiles(100_000)));
    const output = await report(target);
    expect((await stat(output)).size).toBeLessThanOrEqual(2_000_000);
    const { page, complaints } = await openReport(browser, output);
    await page.locator("#file-search").fill("file-099999");
    await expect.poll(() => page.locator("#file-tree [role=treeitem]").count()).toBe(1);
    await page.locator("#file-search").fill("");
    await page.locator("#file-tree").focus();
    await page.keyboard.press("End");
    // Only what is on the screen is in the page.
    expect(await page.locator("#file-tree [role=treeitem]").count()).toBeLessThan(100);
    expect(await page.locator("#treemap [role=option]").count()).toBeLessThan(3000);
    expect(complaints).toEqual([]);
    await page.close();
  }, 300_000);
});

/** Names, sizes and times that are as hard to compress as those of real packages. */
function* manyFiles(count: number): Generator<Buffer> {
  let seed = 1;
  const random = (below: number) => {
    seed = (seed * 48271) % 2147483647;
    return seed % below;
  };
  const word = () => random(36 ** 5).toString(36);
  let folder = "";
  let mtime = 1_700_000_000;
  for (let at = 0; at < count; at += 1) {
    if (at % 12 === 0) {
      folder = `usr/lib/node_modules/${word()}/${random(3) === 0 ? "dist/" : ""}${word()}`;
      mtime = 1_700_000_000 + random(50_000_000);
    }
    const name = `${folder}/${word()}-file-${String(at).padStart(6, "0")}.js`;
    yield file(name, "x".repeat(random(300)), { mtime, mode: random(9) === 0 ? 0o755 : 0o644 });
  }
}
