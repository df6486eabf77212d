// The Alerts page: the log by kind, and rules made by plain forms.

import type { Locator, Page } from "@playwright/test";

import { expect, live, test } from "../fixtures/test.ts";

/** Waits until the monitor has looked at a rule, and it is answered in these words. */
async function answered(page: Page, answer: Locator, words: string): Promise<void> {
  const said = async () => {
    await page.reload();
    return answer.getByRole("status").innerText();
  };
  await expect.poll(said, { timeout: 90_000 }).toBe(words);
}

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
    // The market is younger than the hour that is summed, so nothing says that it stayed below the amount.
    await answered(page, answer, "Its figure is missing.");
    await expect(answer).toContainText(/Missing for 1: \d+% of the hour was covered\./);
    await expect(answer).toContainText("Tested, not noted");
    await page.getByRole("button", { name: `Remove the rule ${liquidated}`, exact: true }).click();
    await expect(page.locator(".rule-list li").filter({ hasText: liquidated })).toHaveCount(0);

    const turning = page.getByRole("form", { name: "The market turns" });
    const [label] = await turning.getByRole("combobox").selectOption({ index: test.info().workerIndex % 20 });
    await turning.getByRole("button", { name: "Add" }).click();
    await page.getByRole("link", { name: `Test the rule market turns ${label}`, exact: true }).click();
    await expect.poll(async () => {
      await page.reload();
      return await page.locator("#tested").getByRole("status").innerText();
    }, { timeout: 90_000 }).toMatch(/the regime is [A-Z]/);

    const rule = `market turns ${label}`;
    await page.getByRole("button", { name: `Remove the rule ${rule}`, exact: true }).click();
    await expect(page.locator(".rule-list li").filter({ hasText: rule })).toHaveCount(0);
  });

  test("a rule that holds and one that does not are distinguished by their tests", async ({ page }) => {
    // Every worker shares the market and its rules. No score is beyond these.
    const level = `0.${test.info().workerIndex + 1}1`;
    for (const [side, words] of [["above", "It holds now."], ["below", "It does not hold now."]] as const) {
      await page.goto("/alerts");
      const crossing = page.getByRole("form", { name: "A figure crosses a level" });
      await crossing.getByLabel("Symbol").fill("BTCUSDT");
      await crossing.getByLabel("Figure").selectOption("score");
      await crossing.getByLabel("Is").selectOption(side);
      await crossing.getByLabel("Level").fill(level);
      await crossing.getByRole("button", { name: "Add" }).click();
      const rule = `BTCUSDT score ${side} ${level}`;
      await page.getByRole("link", { name: `Test the rule ${rule}`, exact: true }).click();
      await answered(page, page.locator("#tested"), words);
      await page.getByRole("button", { name: `Remove the rule ${rule}`, exact: true }).click();
      await expect(page.locator(".rule-list li").filter({ hasText: rule })).toHaveCount(0);
    }
  });

  test("a level is typed with a minus on any keyboard, and what is no number is refused before it is sent", async ({ page }) => {
    await page.goto("/alerts");
    const crossing = page.getByRole("form", { name: "A figure crosses a level" });
    const level = crossing.getByLabel("Level");
    // The number keypads of iOS (type=number, inputmode=decimal or numeric) have no minus.
    await expect(level).toHaveAttribute("type", "text");
    await expect(level).toHaveAttribute("inputmode", "text");
    const isValid = () => level.evaluate((field: HTMLInputElement) => field.checkValidity());
    for (const text of ["-0.05", "12", "+3.5", ".5", "0,05", "−10", "1_000", "1 000", "5 %"]) {
      await level.fill(text);
      expect(await isValid(), text).toBe(true);
    }
    for (const text of ["", "high", "-"]) {
      await level.fill(text);
      expect(await isValid(), text).toBe(false);
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

test("the menu behind the gear closes on Escape and on a tap beside it, and comes first to the keys", async ({ page }) => {
  await page.goto("/guide");
  await live(page);
  const menu = page.getByRole("navigation", { name: "More" }).locator("details");
  const gear = menu.locator("summary");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Tab");
  await expect(gear, "after the way past the header").toBeFocused();
  await page.keyboard.press("Enter");
  await expect(menu).toHaveAttribute("open", "");
  await page.keyboard.press("Tab");
  await page.keyboard.press("Escape");
  await expect(menu).not.toHaveAttribute("open");
  await expect(gear).toBeFocused();
  await gear.click();
  await expect(menu).toHaveAttribute("open", "");
  await page.getByRole("heading", { level: 1 }).click();
  await expect(menu).not.toHaveAttribute("open");
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
