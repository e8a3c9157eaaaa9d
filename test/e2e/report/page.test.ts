/** The page of a report in a real browser: made by the program, opened as a file. */

import { readFile, stat } from "node:fs/promises";
import axe from "axe-core";
import type { Browser, Page } from "playwright-core";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { noChromium, openReport, startChromium } from "../../support/chromium.ts";
import { Place } from "../../unit/cli/program.ts";

describe.skipIf(noChromium)(`the page of a report${noChromium}`, () => {
  let browser: Browser;
  let place: Place;
  const recording = new URL("../../../workspace/greeter.klab", import.meta.url).pathname;

  let build: string;
  let comparison: string;

  async function report(name: string, ...targets: string[]): Promise<string> {
    const file = place.path(name);
    const { status, stderr } = await place.run(["report", ...targets, "-o", file]);
    expect(stderr).toContain(`written: ${file}`);
    expect(status).toBe(0);
    return file;
  }

  beforeAll(async () => {
    [browser, place] = await Promise.all([startChromium(), Place.create()]);
    expect((await place.run(["import", recording])).status).toBe(0);
    build = await report("build.html", "latest");
    comparison = await report("compare.html", "previous", "latest");
  });
  afterAll(async () => {
    await browser.close();
    await place.remove();
  });

  test("opens without a complaint and asks the network for nothing", async () => {
    const { page, complaints, requests } = await openReport(browser, build);
    expect(await page.locator("h1").textContent()).not.toBe("");
    const titles = await page.locator("h2").allTextContents();
    expect(titles).toEqual(
      expect.arrayContaining(["Steps", "Time line", "Sizes", "Files", "Changes", "Why missed", "Waste", "Findings"]),
    );
    expect(await page.locator("details.step").count()).toBe(15);
    expect(await page.locator("#treemap [role=option]").count()).toBeGreaterThan(1);
    expect(complaints).toEqual([]);
    expect(requests).toEqual([]);
    await page.close();
  });

  test("is one file that lets nothing in: no address, no handler, a strict policy", async () => {
    const text = await readFile(build, "utf8");
    const policy = /http-equiv="Content-Security-Policy" content="([^"]*)"/.exec(text)?.[1];
    expect(policy).toMatch(
      /^default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-[^']+'; base-uri 'none'; form-action 'none'$/,
    );
    expect(text).not.toMatch(/<(?:link|img|iframe|object|embed)\b|<script[^>]*\bsrc=|@import|url\(/i);
  });

  describe.each(["light", "dark"] as const)("in %s", scheme => {
    test.each([
      ["a build", 1280],
      ["a comparison", 1280],
      ["a build on a phone", 390],
      ["a comparison on a phone", 390],
    ] as const)("axe finds nothing wrong with %s", async (what, width) => {
      const file = what.startsWith("a comparison") ? comparison : build;
      const { page, complaints } = await openReport(browser, file, { scheme, width });
      await page.evaluate(() => {
        for (const details of document.querySelectorAll("details")) details.open = true;
      });
      await page.locator("#file-tree").focus();
      expect(await violations(page)).toEqual([]);
      // Nothing is wider than the screen but what scrolls by itself.
      expect(await page.evaluate(() => document.documentElement.scrollWidth)).toBeLessThanOrEqual(width);
      expect(complaints).toEqual([]);
      await page.close();
    });
  });

  test("on a phone, the instructions of a comparison are read in lines, not in syllables", async () => {
    const { page } = await openReport(browser, comparison, { width: 390 });
    const cell = await page.locator("#pairs tbody td:nth-child(4)").first().boundingBox();
    expect(cell?.width).toBeGreaterThan(250);
    await page.close();
  });

  test("the keyboard goes everywhere: navigation, steps, tree", async () => {
    const { page } = await openReport(browser, build);
    await page.keyboard.press("Tab");
    expect(await focused(page)).toBe("Skip to the content");
    await page.locator("#step-12 summary").focus();
    await page.keyboard.press("Enter");
    expect(await page.locator("#step-12").getAttribute("open")).toBe("");
    await page.locator("#file-tree").focus();
    expect(await activeRow(page)).toMatch(/^▸bin\//);
    await page.keyboard.press("ArrowRight");
    expect(await activeRow(page)).toMatch(/^▾bin\//);
    await page.keyboard.press("ArrowRight");
    const inside = await activeRow(page);
    expect(inside).not.toMatch(/bin\//);
    await page.keyboard.press("ArrowLeft");
    await page.keyboard.press("ArrowLeft");
    expect(await activeRow(page)).toMatch(/^▸bin\//);
    await page.keyboard.press("End");
    expect(await activeRow(page)).toMatch(/^▸usr\//);
    await page.close();
  });

  test("the keyboard walks the treemap, into folders and out", async () => {
    const { page } = await openReport(browser, build);
    const way = page.locator(".way button");
    await page.locator("#treemap").focus();
    const active = () => page.locator(".treemap-said").textContent();
    expect(await active()).toMatch(/^\/bin\/, /);
    await page.keyboard.press("Enter");
    expect(await way.allTextContents()).toEqual(["/", "bin/"]);
    await page.keyboard.press("Backspace");
    expect(await way.allTextContents()).toEqual(["/"]);
    await page.keyboard.press("ArrowDown");
    expect(await active()).toMatch(/^\/bin\/busybox, /);
    await page.keyboard.press("Enter");
    expect(await page.locator(".detail-path").first().textContent()).toBe("/bin/busybox");
    await page.close();
  });

  test("the search finds paths, and what is found says where it is from", async () => {
    const { page } = await openReport(browser, build);
    await page.locator("#file-search").fill("bin greet");
    expect(await page.locator("#file-tree [role=treeitem]").allTextContents()).toEqual([
      expect.stringContaining("/usr/bin/greet"),
    ]);
    expect(await page.locator("#files .tools [role=status]").textContent()).toBe("1 path");
    await page.keyboard.press("Enter");
    expect(await page.locator("#files .file-detail").textContent()).toMatch(/-rwxr-xr-x 0:0 .* step 11/);
    await page.locator("#file-search").fill("no such file");
    expect(await page.locator("#file-tree [role=treeitem]").count()).toBe(0);
    await page.close();
  });

  test("a comparison shows the lines that differ, and why", async () => {
    const { page } = await openReport(browser, comparison);
    expect(await page.locator("h2").allTextContents()).toContain("Steps side by side");
    expect(await page.locator("#change-list").textContent()).toContain("/usr/bin/greet");
    expect(await page.locator("#changes .line-added").allTextContents()).not.toEqual([]);
    expect(await page.locator("#misses").textContent()).toMatch(/Against /);
    await page.close();
  });

  test("the switch turns light into dark and back", async () => {
    const { page } = await openReport(browser, build);
    const ground = () => page.evaluate(() => getComputedStyle(document.documentElement).backgroundColor);
    const light = await ground();
    await page.getByRole("button", { name: "Dark" }).click();
    expect(await ground()).not.toBe(light);
    await page.getByRole("button", { name: "Light" }).click();
    expect(await ground()).toBe(light);
    await page.close();
  });

  test("on paper everything is open and nothing is to be clicked", async () => {
    const { page } = await openReport(browser, build);
    await page.emulateMedia({ media: "print" });
    expect(await page.locator(".side").isVisible()).toBe(false);
    await page.evaluate(() => dispatchEvent(new Event("beforeprint")));
    expect(await page.locator("details:not([open])").count()).toBe(0);
    await page.evaluate(() => dispatchEvent(new Event("afterprint")));
    expect(await page.locator("details:not([open])").count()).toBeGreaterThan(0);
    expect((await stat(build)).size).toBeLessThan(300_000);
    await page.close();
  });
});

async function violations(page: Page): Promise<string[]> {
  await page.evaluate(axe.source);
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: typeof import("axe-core") };
    const { violations } = await axe.run(document, { resultTypes: ["violations"] });
    return violations.flatMap(({ id, nodes }) =>
      nodes.map(node => `${id}: ${node.html.slice(0, 120)} ${node.failureSummary ?? ""}`),
    );
  });
  return found;
}

function focused(page: Page): Promise<string | null> {
  return page.evaluate(() => document.activeElement?.textContent ?? null);
}

/** The row that a screen reader is told of. */
function activeRow(page: Page): Promise<string | null> {
  return page.evaluate(() => {
    const id = document.activeElement?.getAttribute("aria-activedescendant");
    return (id && document.getElementById(id)?.textContent) || null;
  });
}
