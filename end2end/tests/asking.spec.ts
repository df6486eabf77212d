// What the list of scores is asked: without a script by addresses (first-paint.spec.ts), alive in place, with the same addresses.

import { expect, live, test } from "../fixtures/test.ts";

import type { Page } from "@playwright/test";

/** Opens the list and waits until all of it is here. */
async function open(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await live(page);
  await expect(page.locator("body")).toHaveAttribute("data-list", "whole");
  await page.evaluate(() => document.documentElement.setAttribute("data-same", "yes"));
}

/** The document is still the one that was opened. */
async function same(page: Page): Promise<void> {
  await expect(page.locator("html")).toHaveAttribute("data-same", "yes");
}

const rows = (page: Page) => page.locator(".rows tbody tr");

/**
 * Waits for a frame in which the changes on screen are in order. Rows keep their order for some seconds while figures move on each
 * second, so that only some frames show it: looked at from outside, those may all be missed.
 */
async function inOrder(page: Page): Promise<void> {
  await page.evaluate(() => new Promise<void>((resolve, reject) => {
    const end = performance.now() + 20_000;
    const look = (): void => {
      const texts = [...document.querySelectorAll<HTMLElement>(".rows .c-price")].map((cell) => cell.innerText);
      const changes = texts.map((text) => Number(/[+−]?[\d.]+(?=%)/.exec(text)?.[0]?.replace("−", "-"))).filter((n) => !Number.isNaN(n));
      if (changes.length > 1 && changes.every((change, at) => at === 0 || change <= (changes[at - 1] ?? 0))) {
        resolve();
      } else if (performance.now() > end) {
        reject(new Error(`never in order: ${changes.join(", ")}`));
      } else {
        requestAnimationFrame(look);
      }
    };
    look();
  }));
}

test("sorting, filtering and turning pages happen in place, and the way back leads back", async ({ page }) => {
  await open(page, "/scores");
  await page.getByRole("link", { name: "Sort by 24 h" }).click();
  await expect(page).toHaveURL(/\/scores\?sort=change$/);
  await expect(page.getByRole("link", { name: "Sort by 24 h, highest first" })).toHaveAttribute("aria-current", "true");
  await inOrder(page);

  await page.getByRole("link", { name: "Next" }).click();
  await expect(page).toHaveURL(/sort=change&page=2$/);
  await expect(page.getByText("Page 2 of 2")).toBeVisible();
  await page.getByRole("link", { name: "Long", exact: true }).click();
  await expect(page).toHaveURL(/sort=change&direction=long$/);
  await page.goBack();
  await expect(page.getByText("Page 2 of 2")).toBeVisible();
  await page.goBack();
  await page.goBack();
  await expect(page).toHaveURL(/\/scores$/);
  await expect(page.getByRole("link", { name: "Sort by Score, highest first" })).toHaveAttribute("aria-current", "true");
  await same(page);
});

test("a search narrows the list with each letter, keeps its order, and stands in the address", async ({ page }) => {
  await open(page, "/scores?sort=turnover");
  const field = page.getByRole("searchbox");
  await field.pressSequentially("btc");
  await expect(rows(page)).toHaveCount(1);
  await expect(rows(page)).toContainText("BTC");
  await expect(page).toHaveURL(/sort=turnover&q=BTC$/);
  await expect(field).toBeFocused();
  await field.fill("no such thing");
  await expect(page.getByText("No symbol matches.")).toBeVisible();
  await field.fill("");
  await expect(rows(page)).toHaveCount(30);
  await page.getByRole("combobox").selectOption({ label: "≥ $1B" });
  await expect(page).toHaveURL(/sort=turnover&min_turnover=1000000000$/);
  await expect(page.getByText(/that match, of 60/)).toBeVisible();
  await same(page);
  // What is sent by hand is an address of its own: the way back leads to the one before.
  await field.fill("ETH");
  await field.press("Enter");
  await expect(page).toHaveURL(/q=ETH/);
  await same(page);
  // The same address gives the same list to who opens it anew.
  await page.reload();
  await expect(field).toHaveValue("ETH");
  await expect(rows(page).first()).toContainText("ETH");
});
