// The Alerts page: the log by kind, and rules made by plain forms.

import { expect, live, test } from "../fixtures/test.ts";

test.describe("without a script", () => {
  test.use({ javaScriptEnabled: false });

  test("a rule is added, listed, refused where it cannot be meant, and removed", async ({ page }) => {
    await page.goto("/alerts");
    await expect(page.getByRole("navigation", { name: "Pages" }).locator("[aria-current=page]")).toHaveText("Alerts");
    // Every worker shares the market and its rules.
    const level = (-0.5 - test.info().workerIndex / 1000).toString();
    const crossing = page.getByRole("form", { name: "A figure crosses a level" });
    await crossing.getByLabel("Symbol").fill("btcusdt");
    await crossing.getByLabel("Figure").selectOption("funding_8h");
    await crossing.getByLabel("Is").selectOption("below");
    await crossing.getByLabel("Level").fill(level);
    await crossing.getByRole("button", { name: "Add" }).click();
    await expect(page).toHaveURL(/\/alerts#rules$/);
    const rules = page.locator(".rule-list li");
    await expect(rules.filter({ hasText: `BTCUSDT funding_8h below ${level}` })).toHaveCount(1);

    const turning = page.getByRole("form", { name: "A symbol turns" });
    await turning.getByLabel("Symbol").fill("no symbol");
    await turning.getByRole("button", { name: "Add" }).click();
    await expect(page).toHaveURL(/refused=not-a-rule#rules$/);
    await expect(page.getByRole("alert")).toContainText("Nothing was changed");

    await page.getByRole("button", { name: `Remove the rule BTCUSDT funding_8h below ${level}`, exact: true }).click();
    await expect(page).toHaveURL(/\/alerts#rules$/);
    await expect(rules.filter({ hasText: `below ${level}` })).toHaveCount(0);
  });

  test("a rule on liquidations and one on the regime are tested, and say how they stand", async ({ page }) => {
    await page.goto("/alerts");
    // Every worker shares the market and its rules.
    const amount = `${10 + test.info().workerIndex}B`;
    const exceeding = page.getByRole("form", { name: "Liquidations exceed an amount" });
    await exceeding.getByLabel("Symbol").fill("BTCUSDT");
    await exceeding.getByLabel("Liquidated 1 h").fill(amount);
    await exceeding.getByRole("button", { name: "Add" }).click();
    const liquidated = `BTCUSDT liquidated_1h above ${amount}`;
    await page.getByRole("link", { name: `Test the rule ${liquidated}`, exact: true }).click();
    await expect(page).toHaveURL(/\/alerts\?test=BTCUSDT%20liquidated_1h%20above%20\d+B#tested$/);
    const answer = page.locator(".rule-list li").filter({ hasText: liquidated }).locator("#tested");
    await expect(answer).toBeInViewport();
    // No market ever lost so much; before an hour was listened to, nobody knows.
    await expect(answer.getByRole("status")).toHaveText(/^(It does not hold now\.|Its figure is missing\.|How it stands is not known)/);
    await expect(answer).toContainText("Tested, not noted");

    const turning = page.getByRole("form", { name: "The market turns" });
    const [label] = await turning.getByRole("combobox").selectOption({ index: test.info().workerIndex % 20 });
    await turning.getByRole("button", { name: "Add" }).click();
    await page.getByRole("link", { name: `Test the rule market turns ${label}`, exact: true }).click();
    await expect.poll(async () => {
      await page.reload();
      return await page.locator("#tested").getByRole("status").innerText();
    }, { timeout: 90_000 }).toMatch(/the regime is [A-Z]/);

    for (const rule of [liquidated, `market turns ${label}`]) {
      await page.getByRole("button", { name: `Remove the rule ${rule}`, exact: true }).click();
      await expect(page.locator(".rule-list li").filter({ hasText: rule })).toHaveCount(0);
    }
  });

  test("kinds are links, and what is listed says since when", async ({ page }) => {
    await page.goto("/alerts");
    await page.getByRole("navigation", { name: "Kind" }).getByRole("link", { name: "Ideas" }).click();
    await expect(page).toHaveURL(/\/alerts\?kind=idea$/);
    await expect(page.getByRole("navigation", { name: "Kind" }).locator("[aria-current]")).toHaveText("Ideas");
    const text = await page.locator("main").innerText();
    expect(text).toMatch(/since \d+ \w+ \d{4}, \d\d:\d\d UTC/);
    expect(text).not.toMatch(/undefined|NaN|\[object/);
  });
});

test("what is typed stays when the page is renewed", async ({ page }) => {
  await page.goto("/alerts");
  await live(page);
  const card = page.locator(".card.alerts");
  await expect(card).toHaveAttribute("data-as-of", /\d+/, { timeout: 90_000 });
  const crossing = page.getByRole("form", { name: "A figure crosses a level" });
  await crossing.getByLabel("Figure").selectOption("change_24h");
  await crossing.getByLabel("Level").fill("12.5");
  const before = await card.getAttribute("data-as-of");
  await expect.poll(() => card.getAttribute("data-as-of"), { timeout: 20_000 }).not.toBe(before);
  await expect(crossing.getByLabel("Level")).toHaveValue("12.5");
  await expect(crossing.getByLabel("Figure")).toHaveValue("change_24h");
  await expect(crossing.getByLabel("Level")).toBeFocused();
});

test("System, Guide and Settings are behind the gear in the head", async ({ page }) => {
  for (const [name, path] of [["System", "/system"], ["Guide", "/guide"], ["Settings", "/settings"]] as const) {
    await page.goto("/alerts");
    const more = page.getByRole("navigation", { name: "More" });
    const gear = more.locator("summary");
    const box = await gear.boundingBox();
    expect(Math.min(box?.width ?? 0, box?.height ?? 0), "large enough for a thumb").toBeGreaterThanOrEqual(44);
    await gear.focus();
    await page.keyboard.press("Enter");
    await more.getByRole("link", { name }).click();
    await expect(page).toHaveURL(new RegExp(`${path}$`));
    await page.getByRole("navigation", { name: "More" }).locator("summary").click();
    await expect(page.getByRole("navigation", { name: "More" }).locator("[aria-current=page]")).toHaveText(name);
  }
});
