// The Signals page: rendered on the server alone, and current all the same.

import { expect, live, standing, test } from "../fixtures/test.ts";

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("the page says what stands, what ended, and since when it watches", async ({ page }) => {
    await page.goto("/signals");
    await expect(page.getByRole("navigation", { name: "Pages" }).locator("[aria-current=page]")).toHaveText("Signals");
    await expect(page.getByRole("heading", { name: "Open ideas" })).toBeVisible();
    await expect(page.getByRole("heading", { name: "Ended ideas" })).toBeVisible();
    const text = await page.locator("main").innerText();
    expect(text).not.toMatch(/undefined|NaN|\[object|win rate/i);
  });
});

test("the page is current though none of its content is code", async ({ page }) => {
  // Without an idea it is short: on this screen there is something to scroll all the same.
  await page.setViewportSize({ width: 390, height: 360 });
  await page.goto("/signals");
  await live(page);
  const card = page.locator(".card.ideas");
  await expect(card).toHaveAttribute("data-as-of", /\d+/, { timeout: 90_000 });
  const before = await card.getAttribute("data-as-of");
  await page.evaluate(() => {
    const main = document.querySelector("main");
    if (main) main.dataset.kept = "yes";
    scrollTo(0, 40);
  });
  await expect.poll(() => card.getAttribute("data-as-of"), { timeout: 20_000 }).not.toBe(before);
  await expect(card).toHaveAttribute("data-state", "fresh");
  const kept = await page.evaluate(() => [document.querySelector("main")?.dataset.kept, scrollY]);
  expect(kept, "the page was changed in place").toEqual(["yes", 40]);
});

test("ages go on between two answers, and content that is not renewed is said to be old", async ({ page, complaints }) => {
  await page.goto("/signals");
  await live(page);
  const card = page.locator(".card.ideas");
  await expect(card).toHaveAttribute("data-as-of", /\d+/, { timeout: 90_000 });
  await page.route("**/signals", (route) => route.abort());
  await expect(card).toHaveAttribute("data-state", "stale", { timeout: 40_000 });
  await expect(card.locator(".age")).toHaveText(/\d+ s old/);
  await page.unroute("**/signals");
  await expect(card).toHaveAttribute("data-state", "fresh", { timeout: 20_000 });
  // Requests that were aborted on purpose.
  complaints.length = 0;
});

test("what is unfolded and has the focus stays so when the page is renewed", async ({ page }) => {
  test.setTimeout(420_000);
  await standing(page);
  await page.goto("/signals");
  await live(page);
  const card = page.locator(".card.ideas");
  await expect(card).toHaveAttribute("data-as-of", /\d+/, { timeout: 90_000 });
  // An idea may end while it is looked at: then another one is, until one was there before and after.
  await expect(async () => {
    const details = page.locator(".idea details:not([open])").first();
    await details.locator("summary").focus({ timeout: 5_000 });
    await page.keyboard.press("Enter");
    const id = await page.locator(":focus").locator("..").getAttribute("id", { timeout: 5_000 });
    const same = page.locator(`#${id}`);
    await expect(same).toHaveAttribute("open", "", { timeout: 5_000 });
    const before = await card.getAttribute("data-as-of");
    await expect.poll(() => card.getAttribute("data-as-of"), { timeout: 20_000 }).not.toBe(before);
    await expect(same, "it is still open").toHaveAttribute("open", "", { timeout: 1_000 });
    await expect(same.locator("summary")).toBeFocused({ timeout: 1_000 });
  }).toPass({ timeout: 300_000 });
});

test("an idea is marked on its contract's candles, and the mark leads back to it", async ({ page }) => {
  test.setTimeout(420_000);
  // One may end while it is looked at: then another one is.
  await expect(async () => {
    const { symbol, side } = await standing(page);
    const marks = page.getByRole("list", { name: "Ideas on the chart" });
    const words = /(Long|Short) idea since \d\d:\d\d from [\d,.₀-₉]+, stop [\d,.₀-₉]+, targets /;
    // Until the half hour in which it opened has closed, it stands in words alone.
    await page.goto(`/symbol/${symbol}?timeframe=30m#chart`);
    await expect(marks.getByRole("listitem").filter({ hasText: words })).toHaveCount(1);
    await page.goto(`/symbol/${symbol}#chart`);
    await live(page);
    await expect(page.locator(`.candles .opened.${side === "long" ? "up" : "down"}`)).toHaveAttribute("d", /^M/);
    await marks.getByRole("link").first().click();
    await expect(page).toHaveURL(new RegExp(`/signals#idea-${symbol}-${side}$`));
    await expect(page.locator(`#idea-${symbol}-${side}`)).toBeInViewport({ timeout: 5_000 });
  }).toPass({ timeout: 360_000 });
});
