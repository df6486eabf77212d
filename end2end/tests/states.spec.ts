// What a phone does to a page: put away and taken up again, hidden, on a slow line, narrow, with large text.

import type { Page } from "@playwright/test";

import { expect, live, test } from "../fixtures/test.ts";

const PAGES = ["/", "/scores", "/signals", "/alerts", "/symbol/BTCUSDT", "/beta", "/system", "/guide", "/settings"];

/** The addresses of the live stream that a page opens from now on. */
function streams(page: Page): string[] {
  const asked: string[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/stream") asked.push(request.url());
  });
  return asked;
}

test("a page out of the back-forward cache goes on from its last tick", async ({ page }) => {
  await page.goto("/symbol/BTCUSDT");
  await live(page);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  const asked = streams(page);
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await expect.poll(() => asked.length).toBe(1);
  expect(asked[0]).toMatch(/since=\d+-\d+/);
  await live(page);
});

test("a page that has just been loaded opens one stream", async ({ page }) => {
  let release = (): void => undefined;
  const held = new Promise<void>((done) => (release = done));
  const asked = streams(page);
  await page.route("**/api/v1/stream?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/guide");
  await expect.poll(() => asked.length).toBe(1);
  // A browser reports that the page has loaded, often while the stream is being opened.
  await page.evaluate(() => dispatchEvent(new PageTransitionEvent("pageshow", { persisted: false })));
  release();
  await live(page);
  expect(asked).toHaveLength(1);
});

test("the way back to the list keeps its filter, page and place", async ({ page }) => {
  await page.goto("/scores?sort=turnover");
  await live(page);
  await expect(page.locator("body")).toHaveAttribute("data-list", "whole");
  await page.getByRole("link", { name: "Next" }).click();
  await expect(page).toHaveURL(/page=2/);
  const address = page.url();
  const row = page.locator(".rows tbody tr").nth(14);
  await row.scrollIntoViewIfNeeded();
  const place = await page.evaluate(() => scrollY);
  expect(place).toBeGreaterThan(200);
  const back = page.getByRole("link", { name: "‹ All scores" });

  await row.getByRole("link").click();
  await live(page);
  await back.click();
  await expect(page).toHaveURL(address);
  await expect.poll(() => page.evaluate(() => Math.round(scrollY))).toBeGreaterThan(place - 100);

  // From elsewhere on the symbol's page the way back is another one: to the list as it was left.
  await page.locator(".rows tbody tr").nth(14).getByRole("link").click();
  await live(page);
  await page.getByRole("navigation", { name: "Timeframe" }).getByRole("link", { name: "4h" }).click();
  await expect(page).toHaveURL(/timeframe=4h/);
  await live(page);
  await back.click();
  await expect(page).toHaveURL(address);

  // Nor does it lead to whatever page was before, where the same symbol was reached from there.
  const name = await page.locator(".rows tbody tr").first().getByRole("link").innerText();
  await page.locator(".rows tbody tr").first().getByRole("link").click();
  await live(page);
  const symbol = page.url();
  await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Beta" }).click();
  await live(page);
  await page.evaluate((symbol) => {
    const link = Object.assign(document.createElement("a"), { href: symbol, textContent: "there" });
    document.querySelector("main")?.prepend(link);
  }, symbol);
  await page.getByRole("link", { name: "there", exact: true }).click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(name.replace(/\s/g, ""));
  await back.click();
  await expect(page).toHaveURL(address);
});

test("what is typed before the list is complete is kept and applied", async ({ page }) => {
  let release = (): void => undefined;
  const held = new Promise<void>((done) => (release = done));
  await page.route("**/api/v1/stream?*", async (route) => {
    await held;
    await route.continue();
  });
  await page.goto("/scores");
  await expect(page.locator("body")).toHaveAttribute("data-hydrated", "yes");
  const search = page.getByRole("searchbox");
  await search.pressSequentially("btc");
  await expect(page).toHaveURL(/\/scores$/);
  release();
  await expect(page.locator("body")).toHaveAttribute("data-list", "whole");
  await expect(page).toHaveURL(/q=BTC/i);
  await expect(search).toHaveValue("btc");
  await expect(page.locator(".rows tbody tr")).toHaveCount(1);
});

test("a hidden page keeps its stream for half a minute, then rests, and is current once it is looked at", async ({ page }) => {
  await page.clock.install();
  await page.goto("/symbol/BTCUSDT");
  await live(page);
  const asked = streams(page);
  const show = (state: string) =>
    page.evaluate((state) => {
      Object.defineProperty(document, "visibilityState", { value: state, configurable: true });
      Object.defineProperty(document, "hidden", { value: state === "hidden", configurable: true });
      document.dispatchEvent(new Event("visibilitychange"));
    }, state);
  await show("hidden");
  const before = await page.locator(".price-strip .last").innerText();
  await page.clock.fastForward(31_000);
  expect(asked, "nothing is asked while it is hidden").toHaveLength(0);
  await show("visible");
  await expect.poll(() => asked.length).toBe(1);
  expect(asked[0]).toMatch(/since=\d+-\d+/);
  await live(page);
  await expect(page.locator(".price-strip .last")).not.toHaveText(before, { timeout: 30_000 });
});

test("on a slow line the page stands before its code has come, and works by links alone until then", async ({ page, complaints }) => {
  const cdp = await page.context().newCDPSession(page);
  await cdp.send("Network.emulateNetworkConditions", { offline: false, latency: 400, downloadThroughput: 50_000, uploadThroughput: 20_000 });
  await page.goto("/scores", { waitUntil: "commit" });
  await expect(page.locator(".rows tbody tr")).toHaveCount(30, { timeout: 30_000 });
  await expect(page.locator("body")).not.toHaveAttribute("data-hydrated", "yes");
  await expect(page.locator(".pulse .link")).toHaveText("snapshot");
  await page.getByRole("navigation", { name: "Direction and watchlist" }).getByRole("link", { name: "Short" }).click();
  await expect(page).toHaveURL(/direction=short/);
  // What was under way when it was left.
  complaints.length = 0;
});

/** How far the page is wider than its screen, and which texts are cut off. */
async function beyond(page: Page): Promise<unknown> {
  return page.evaluate(() => {
    const cut = [...document.querySelectorAll<HTMLElement>("main h1, main h2, .tabs a, .stat dd, .chip, button")].filter((one) => {
      const { left, right, width } = one.getBoundingClientRect();
      const scrolls = one.closest("nav, .scroll, table, [class*=chips], .sorts, .filters");
      return width > 0 && !scrolls && (left < -1 || right > innerWidth + 1);
    });
    return { wider: document.documentElement.scrollWidth - innerWidth, cut: cut.map((one) => `${one.tagName} ${one.textContent?.slice(0, 30)}`) };
  });
}

for (const path of PAGES) {
  test(`${path} fits into 320 px, and with text of twice the size`, async ({ page }) => {
    await page.setViewportSize({ width: 320, height: 640 });
    await page.goto(path);
    await live(page);
    expect(await beyond(page), "320 px wide").toEqual({ wider: 0, cut: [] });
    await page.setViewportSize({ width: 390, height: 844 });
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Page.setFontSizes", { fontSizes: { standard: 32, fixed: 26 } });
    await expect.poll(() => page.evaluate(() => getComputedStyle(document.documentElement).fontSize)).toBe("32px");
    expect(await beyond(page), "text of 200 %").toEqual({ wider: 0, cut: [] });
  });
}
