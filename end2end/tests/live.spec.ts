// The page comes alive without a flash, and stays alive.

import { expect, live, test } from "../fixtures/test.ts";

const PAGES = ["/", "/mobile", "/scores", "/symbol/BTCUSDT", "/system", "/guide"];

for (const path of PAGES) {
  test(`${path} hydrates without a complaint`, async ({ page }) => {
    await page.goto(path);
    await live(page);
  });
}

test("a forming score changes on screen without a reload", async ({ page }) => {
  await page.goto("/symbol/BTCUSDT");
  await live(page);
  const forming = page.locator(".forming").first();
  const before = await forming.innerText();
  await expect(forming).not.toHaveText(before, { timeout: 30_000 });
});

test("a recorded score changes on screen when its bar closes", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto("/scores");
  await live(page);
  const scores = page.locator(".c-score .ring");
  const before = await scores.allInnerTexts();
  expect(before.length).toBeGreaterThanOrEqual(50);
  await expect.poll(async () => (await scores.allInnerTexts()).join() !== before.join(), { timeout: 90_000 }).toBe(true);
});

test("a page that was put away goes on from its last tick when it is looked at again", async ({ page }) => {
  await page.goto("/symbol/BTCUSDT");
  await live(page);
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pagehide", { persisted: true })));
  const resumed = page.waitForRequest(/\/api\/v1\/stream\?.*since=\d+-\d+/);
  await page.evaluate(() => window.dispatchEvent(new PageTransitionEvent("pageshow", { persisted: true })));
  await resumed;
  const forming = page.locator(".forming").first();
  const before = await forming.innerText();
  await expect(forming).not.toHaveText(before, { timeout: 30_000 });
});
