/** A headless Chromium that reports are opened in. */

import { existsSync } from "node:fs";
import { delimiter, join } from "node:path";
import { pathToFileURL } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";

const names = ["chromium", "chromium-browser", "google-chrome"];
const program = (process.env.PATH ?? "")
  .split(delimiter)
  .flatMap(folder => names.map(name => join(folder, name)))
  .find(file => existsSync(file));

/** Why pages cannot be opened here, or "". */
export const noChromium = program === undefined ? " (skipped: no chromium on the PATH)" : "";

export function startChromium(): Promise<Browser> {
  return chromium.launch({ executablePath: program as string, args: ["--no-sandbox"] });
}

export interface PageOptions {
  readonly scheme?: "light" | "dark";
  readonly width?: number;
}

/** A page with what it complained of, and what it asked the network for beside its own file. */
export interface OpenedPage {
  readonly page: Page;
  readonly complaints: readonly string[];
  readonly requests: readonly string[];
}

/** Opens a report as a user would: as a file. */
export async function openReport(browser: Browser, file: string, options: PageOptions = {}): Promise<OpenedPage> {
  const page = await browser.newPage({
    viewport: { width: options.width ?? 1280, height: 900 },
    colorScheme: options.scheme ?? "light",
  });
  const complaints: string[] = [];
  const requests: string[] = [];
  const address = pathToFileURL(file).href;
  page.on("console", message => {
    if (message.type() === "error" || message.type() === "warning") complaints.push(message.text());
  });
  page.on("pageerror", error => complaints.push(error.message));
  page.on("dialog", dialog => complaints.push(`dialog: ${dialog.message()}`));
  page.on("request", request => {
    if (request.url() !== address) requests.push(request.url());
  });
  await page.goto(address);
  await page.locator("#steps").waitFor();
  return { page, complaints, requests };
}
