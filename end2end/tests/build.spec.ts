// A page that is open while the server is replaced by one of another build.

import { appendFileSync, cpSync, mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

import type { Page } from "@playwright/test";

import { type Running, configured, virtuoso } from "../fixtures/process.ts";
import { expect, live, test } from "../fixtures/test.ts";

const ROOT = path.resolve(import.meta.dirname, "../..");
const MARKET = ["--source", "sim", "--seed", "7", "--symbols", "20"];

let site: string;

test.beforeAll(() => {
  // The same page with another style sheet is another build.
  site = mkdtempSync(path.join(tmpdir(), "virtuoso-site-"));
  cpSync(path.join(ROOT, "target/site"), site, { recursive: true });
  const style = readdirSync(path.join(site, "pkg")).find((name) => name.endsWith(".css"));
  appendFileSync(path.join(site, "pkg", style ?? ""), "\n/* another build */\n");
});

test.afterAll(() => rmSync(site, { recursive: true, force: true }));

/** Ends a server and starts one of another build in its place. */
async function replaced(server: Running): Promise<Running> {
  await server.stop();
  return virtuoso([...MARKET, "--config", configured(`[http]\nsite_root = "${site}"\n`)], server.port);
}

const edition = (page: Page) => page.locator("html").getAttribute("data-edition");
/** When the document that is shown began: another one began at another time. */
const began = (page: Page) => page.evaluate(() => performance.timeOrigin);

test("reloads an idle page of another build, once", async ({ page, complaints }) => {
  let server = await virtuoso(MARKET);
  try {
    await page.goto(`${server.url}/guide`);
    await live(page);
    const before = await edition(page);
    expect(before).toMatch(/^edition-[0-9a-f]{16}$/);
    server = await replaced(server);
    await expect(page.locator("html")).not.toHaveAttribute("data-edition", before ?? "", { timeout: 60_000 });
    await live(page);
    await expect(page.locator(".bar.outdated")).toBeHidden();
  } finally {
    await server.stop();
  }
  // A server that is away is an error to the browser.
  complaints.length = 0;
});

test("offers a reload to who is typing, and does not take away what is typed", async ({ page, complaints }) => {
  test.setTimeout(180_000);
  let server = await virtuoso(MARKET);
  try {
    await page.goto(`${server.url}/alerts`);
    await live(page);
    const [before, document] = [await edition(page), await began(page)];
    const level = page.getByRole("form", { name: "A figure crosses a level" }).getByLabel("Level");
    await level.fill("12.5");
    server = await replaced(server);
    const bar = page.locator(".bar.outdated");
    await expect(bar).toBeVisible({ timeout: 60_000 });
    await expect(bar).toHaveText("Updated. Reload");
    await level.blur();
    // Longer than an idle page waits.
    await page.waitForFunction((since) => performance.now() > since + 13_000, await page.evaluate(() => performance.now()));
    expect(await began(page), "it has not been loaded again").toBe(document);
    await expect(level).toHaveValue("12.5");
    await bar.getByRole("button", { name: "Reload" }).click();
    await expect(page.locator("html")).not.toHaveAttribute("data-edition", before ?? "");
    await live(page);
    await expect(bar).toBeHidden();
  } finally {
    await server.stop();
  }
  complaints.length = 0;
});

test("a message that cannot be read reloads the page once, is logged once, and does not reopen the stream for ever", async ({ page, complaints }) => {
  test.setTimeout(120_000);
  const opened: number[] = [];
  await page.route("**/api/v1/stream?*", async (route) => {
    opened.push(Date.now());
    const body = 'retry: 60000\n\nevent: state\ndata: {"of_another_build":1}\n\nevent: state\ndata: {"of_another_build":2}\n\n';
    await route.fulfill({ contentType: "text/event-stream", body });
  });
  await page.goto("/guide");
  await expect(page.locator("body")).toHaveAttribute("data-hydrated", "yes");
  const first = await began(page);
  await expect(page.locator(".bar.outdated")).toBeVisible();
  await expect.poll(() => began(page).catch(() => first), { timeout: 40_000 }).not.toBe(first);
  await expect(page.locator(".bar.outdated")).toBeVisible();
  const second = await began(page);
  await page.waitForFunction(() => performance.now() > 14_000);
  expect(await began(page), "it reloads no second time for the same build").toBe(second);
  expect(complaints.filter((text) => text.includes("could not be read"))).toHaveLength(2);
  expect(opened.length, "once for each document").toBeLessThanOrEqual(3);
  complaints.length = 0;
});

test("a page of another build is not put under the style of this one", async ({ page, complaints }) => {
  await page.goto("/beta");
  await live(page);
  await page.route("**/beta", async (route) => {
    if (route.request().resourceType() === "document") return route.continue();
    const answer = await route.fetch();
    const body = (await answer.text()).replace(/data-edition="[^"]*"/, 'data-edition="edition-0"').replace("<main", "<main data-swapped");
    await route.fulfill({ response: answer, body: body.replace(/<h1[^>]*>[^<]*/, "<h1>Swapped") });
  });
  await expect(page.locator(".bar.outdated")).toBeVisible({ timeout: 60_000 });
  await expect(page.locator("h1")).not.toHaveText("Swapped");
  complaints.length = 0;
});
