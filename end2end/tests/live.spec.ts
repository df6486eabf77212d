// The page comes alive without a flash, and stays alive.

import { expect, live, test } from "../fixtures/test.ts";

const PAGES = ["/", "/mobile", "/scores", "/signals", "/alerts", "/symbol/BTCUSDT", "/beta", "/system", "/guide", "/settings"];

for (const path of PAGES) {
  test(`${path} hydrates without a complaint`, async ({ page }) => {
    await page.goto(path);
    await live(page);
  });
}

for (const path of PAGES) {
  test(`${path} says the same before and after it comes alive`, async ({ page }) => {
    await page.addInitScript(() => {
      const said = () =>
        [...document.querySelectorAll("leptos-island")].map((island) => {
          const copy = island.cloneNode(true) as Element;
          // Ages and countdowns go on.
          for (const clock of copy.querySelectorAll(".tick, .age, .oldest, dd.note")) clock.remove();
          return copy.textContent ?? "";
        });
      document.addEventListener("DOMContentLoaded", () => {
        const before = said();
        new MutationObserver((_, observer) => {
          if (document.body.dataset.hydrated !== "yes") return;
          observer.disconnect();
          Object.assign(window, { said: { before, after: said() } });
        }).observe(document.body, { attributes: true });
      });
    });
    await page.goto(path);
    await live(page);
    type Said = { before: string[]; after: string[] };
    const { before, after } = await page.evaluate(() => (window as unknown as { said: Said }).said);
    expect(before.join().length).toBeGreaterThan(100);
    expect(after).toEqual(before);
  });
}

test("a forming score changes on screen without a reload", async ({ page }) => {
  await page.goto("/symbol/BTCUSDT");
  await live(page);
  const forming = page.locator(".forming").first();
  const before = await forming.innerText();
  await expect(forming).not.toHaveText(before, { timeout: 30_000 });
});

test("the chart follows when a bar closes, and stays open where it was opened", async ({ page }) => {
  test.setTimeout(150_000);
  await page.goto("/symbol/BTCUSDT");
  await live(page);
  const chart = page.locator("#chart");
  await chart.getByText("The same in numbers").click();
  const until = chart.locator("time");
  const before = (await until.getAttribute("datetime")) ?? "";
  await expect(until).not.toHaveAttribute("datetime", before, { timeout: 90_000 });
  await expect(chart.getByRole("table")).toBeVisible();
  await expect(chart).toHaveAttribute("data-state", "fresh");
  await expect(page.locator(".forming").first()).toBeVisible();
});

test("the heat map is made anew while it is looked at", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto("/");
  await live(page);
  const heat = page.locator("#heat");
  const before = (await heat.getAttribute("data-as-of")) ?? "";
  await expect(heat).not.toHaveAttribute("data-as-of", before, { timeout: 60_000 });
  await expect(heat).toHaveAttribute("data-state", "fresh");
});

test("a recorded score changes on screen when its bar closes", async ({ page }) => {
  test.setTimeout(120_000);
  await page.goto("/scores");
  await live(page);
  const scores = page.locator(".c-score .ring");
  const before = await scores.allInnerTexts();
  expect(before.length).toBe(30);
  await expect.poll(async () => (await scores.allInnerTexts()).join() !== before.join(), { timeout: 90_000 }).toBe(true);
});

test("the betas are rendered anew when a minute closes, and what was opened stays open and keeps the focus", async ({ page }) => {
  test.setTimeout(150_000);
  await page.goto("/beta?window=1h&sort=beta");
  await live(page);
  const summary = page.locator("#beta-listed summary");
  await summary.click();
  await expect(summary).toBeFocused();
  const table = page.locator(".betas-table tbody");
  const before = await table.innerText();
  await expect.poll(() => table.innerText(), { timeout: 120_000 }).not.toBe(before);
  await expect(page.locator("#beta-listed")).toHaveAttribute("open");
  await expect(summary).toBeFocused();
  await expect(page).toHaveURL(/window=1h&sort=beta$/);
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
