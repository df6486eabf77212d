// Everything is there before any script runs.

import { expect, test } from "../fixtures/test.ts";

test.use({ javaScriptEnabled: false });

test("the Market page is whole without a script", async ({ page }) => {
  await page.goto("/");
  await expect(page.getByText("SIMULATED MARKET:")).toBeVisible();
  for (const card of [".card.overview", ".card.breadth", ".card.perps", ".card.movers"]) await expect(page.locator(card)).toBeVisible();
  await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link")).toHaveText(["Market", "Scores", "Signals", "Beta", "Alerts"]);
  const text = await page.locator("body").innerText();
  expect(text).not.toMatch(/undefined|NaN|\[object/);
  // The mean of a day waits for a day.
  expect(text, "what is missing says why").toMatch(/\d+ of \d+ samples/);
});

test("the Scores page lists every symbol, and sorts and filters by links", async ({ page }) => {
  await page.goto("/scores");
  const rows = page.locator(".card tbody tr");
  await expect(rows.first()).toBeVisible();
  expect(await rows.count()).toBe(30);
  await page.goto("/scores?q=btc");
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText("BTCUSDT");
  await rows.first().getByRole("link").first().click();
  await expect(page).toHaveURL(/\/symbol\/BTCUSDT$/);
});

test("the symbol page takes the score apart, and its parts add up", async ({ page }) => {
  await page.goto("/symbol/ETHUSDT");
  await expect(page.getByRole("heading", { level: 1 })).toContainText("ETH");
  const sum = await page.locator(".sum").first().innerText();
  const numbers = [...sum.replaceAll("−", "-").replaceAll(/\s/g, " ").matchAll(/[+-]?\s?\d+\.\d+|\d+/g)].map((found) =>
    Number(found[0].replaceAll(" ", "")),
  );
  expect(numbers.length, sum).toBeGreaterThan(2);
  const score = numbers.at(-1) ?? Number.NaN;
  const parts = numbers.slice(0, -1).reduce((total, part) => total + part, 0);
  expect(Math.abs(parts - score), sum).toBeLessThan(0.005);
});

test("the Beta page draws lines against Bitcoin and ranks every contract by links", async ({ page }) => {
  await page.goto("/beta");
  await expect(page.locator(".rebased polyline").first()).toBeVisible();
  await expect(page.locator(".rebased .market text")).toContainText(/^BTC [+−]?\d/);
  const betas = page.locator(".betas-table tbody tr");
  expect(await betas.count()).toBe(50);
  await page.getByRole("link", { name: "7d", exact: true }).click();
  await expect(page).toHaveURL(/\/beta\?window=7d$/);
  await page.getByRole("link", { name: "Sort by Beta" }).click();
  await expect(page).toHaveURL(/\/beta\?window=7d&sort=beta$/);
  const slopes = (await betas.locator("td:nth-child(3) .n").allInnerTexts()).map((text) => Number(text.replace("−", "-")));
  expect(slopes.length).toBeGreaterThan(10);
  expect(slopes).toEqual([...slopes].sort((a, b) => b - a));
});

test("the chart draws closed candles, and its timeframes are links", async ({ page }) => {
  await page.goto("/symbol/BTCUSDT");
  const chart = page.locator("#chart");
  await expect(chart.getByRole("img", { name: /^Candles of 1 minute, 68 of them/ })).toBeVisible();
  await expect(chart).toContainText(/closed candles of 1 minute until \d+ \w+ \d+, \d\d:\d\d UTC/);
  await chart.getByRole("link", { name: "4h" }).click();
  await expect(page).toHaveURL(/\?timeframe=4h#chart$/);
  await expect(chart.getByRole("img", { name: /^Candles of 4 hours/ })).toBeVisible();
  await expect(chart.getByRole("link", { name: "4h" })).toHaveAttribute("aria-current", "true");
  await chart.getByText("The same in numbers").click();
  await expect(chart.getByRole("row")).toHaveCount(69);
});

test("the heat map is made of links, and its colours are switched by one", async ({ page }) => {
  await page.goto("/");
  const heat = page.locator("#heat");
  await expect(heat.locator("svg.map a")).not.toHaveCount(0);
  await heat.getByRole("link", { name: "Score", exact: true }).click();
  await expect(page).toHaveURL(/\?map=score#heat$/);
  const largest = heat.locator("svg.map a").first();
  const name = (await largest.getAttribute("aria-label")) ?? "";
  expect(name).toMatch(/^[A-Z0-9]+ \d+\.\d\d score, [+−]?\d+\.\d\d% in 24 h, turnover \$/);
  await largest.click();
  await expect(page.getByRole("heading", { level: 1 })).toHaveText(`${name.split(" ")[0]}USDT`);
});

test("a chosen theme is painted first and lasts, and the device's own holds until then", async ({ page }) => {
  const document = page.locator("html");
  const ground = (colour: string, path?: string) => expect(document, path).toHaveCSS("background-color", colour);
  const [paper, night] = ["rgb(255, 250, 240)", "rgb(11, 13, 16)"];
  await page.emulateMedia({ colorScheme: "dark" });
  await page.goto("/settings");
  await ground(night);
  await page.getByRole("radio", { name: "Light" }).check();
  await page.getByRole("radio", { name: /^Blue up/ }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await expect(page).toHaveURL(/\/settings$/);
  await expect(page.getByRole("radio", { name: "Light" })).toBeChecked();
  for (const path of ["/settings", "/", "/scores", "/symbol/BTCUSDT"]) {
    await page.goto(path);
    await ground(paper, path);
    await expect(document).toHaveAttribute("data-colours", "blind");
  }
  await page.emulateMedia({ colorScheme: "light" });
  await page.goto("/settings");
  await page.getByRole("radio", { name: "As the device" }).check();
  await page.getByRole("button", { name: "Save" }).click();
  await page.emulateMedia({ colorScheme: "dark" });
  await ground(night);
});

test("every page leads to the Guide, which explains the parts of a score", async ({ page }) => {
  await page.goto("/symbol/ETHUSDT");
  await page.getByRole("link", { name: /^Guide/ }).click();
  await expect(page).toHaveURL(/\/guide$/);
  await expect(page.getByRole("heading", { level: 1 })).toHaveText("Guide");
  await expect(page.locator("#rsi_14")).toContainText("Strength of gains against losses.");
  await expect(page.locator("#coverage")).toBeVisible();
});

test("an unknown symbol and an unknown page are 404 and lead back", async ({ page, complaints }) => {
  for (const path of ["/symbol/NOSUCHUSDT", "/nowhere"]) {
    const answer = await page.goto(path);
    expect(answer?.status()).toBe(404);
    await expect(page.getByRole("navigation", { name: "Pages" })).toBeVisible();
  }
  // The browser reports the status itself.
  complaints.length = 0;
});
