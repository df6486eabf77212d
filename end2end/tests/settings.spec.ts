// What a reader chooses for this browser: colours are in first-paint.spec.ts, a watchlist in watchlist.spec.ts.

import { expect, live, test } from "../fixtures/test.ts";

test("the first page, the clock and the cards of the Market page are the chosen ones", async ({ page }) => {
  await page.goto("/start");
  await expect(page).toHaveURL(/\/$/);
  await page.goto("/settings");
  await page.getByRole("radio", { name: "Scores", exact: true }).check();
  await page.getByRole("combobox", { name: "Time zone" }).selectOption("120");
  await page.getByRole("checkbox", { name: "Movers" }).uncheck();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page.getByRole("checkbox", { name: "Movers" })).not.toBeChecked();
  await expect(page.getByRole("combobox", { name: "Time zone" })).toHaveValue("120");

  await page.goto("/start");
  await expect(page).toHaveURL(/\/scores$/);
  await page.goto("/");
  await expect(page.locator(".card.overview")).toBeVisible();
  await expect(page.locator(".card.movers")).toHaveCount(0);
  await page.goto("/symbol/BTCUSDT");
  await live(page);
  await expect(page.locator(".card.chart .pair time")).toHaveText(/^\d+ \w+ \d{4}, \d\d:\d\d UTC\+2$/);
  // In the browser's own rendering as well, once a bar has closed.
  await expect(page.locator(".card.confluence time")).toHaveText(/^\d\d:\d\d:\d\d UTC\+2$/, { timeout: 90_000 });
});

test("a reader who saves data receives changes every five seconds, with their size", async ({ page }) => {
  await page.goto("/settings");
  await page.getByRole("radio", { name: /^Every 5 s/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  for (const path of ["/scores", "/"]) {
    await page.goto(path);
    await live(page);
    await expect(page.locator("header .sent")).toHaveText(/^\d[\d.]* (B|KiB) streamed$/, { timeout: 15_000 });
    // Five seconds are no reason to call a figure old.
    const states = async () => page.locator("[data-state]").evaluateAll((cards) => cards.map((card) => card.getAttribute("data-state")));
    const seen = new Set<string | null>();
    const end = Date.now() + 7_000;
    await expect.poll(async () => ((await states()).forEach((state) => seen.add(state)), Date.now() > end), { timeout: 12_000 }).toBe(true);
    expect([...seen]).not.toContain("stale");
  }
});
