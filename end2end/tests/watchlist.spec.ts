// Contracts that a reader watches: a star on a symbol's page, a filter on the list, kept by this browser alone.

import { expect, live, test } from "../fixtures/test.ts";

for (const javaScriptEnabled of [true, false]) {
  test.describe(javaScriptEnabled ? "alive" : "without script", () => {
    test.use({ javaScriptEnabled });

    test("a star takes a symbol in, the list shows those alone, and another tap takes it out", async ({ page }) => {
      const follow = async () => {
        if (javaScriptEnabled) await live(page);
      };
      await page.goto("/scores?watched=1");
      await follow();
      await expect(page.getByText("You watch no symbol yet")).toBeVisible();

      for (const symbol of ["ETHUSDT", "BTCUSDT"]) {
        await page.goto(`/symbol/${symbol}`);
        await follow();
        await page.getByRole("button", { name: "Watch", exact: true }).click();
        await expect(page).toHaveURL(new RegExp(`/symbol/${symbol}$`));
        await expect(page.getByRole("button", { name: "Watched" })).toHaveAttribute("aria-pressed", "true");
      }

      await page.goto("/scores");
      await follow();
      await page.getByRole("link", { name: "Watched" }).click();
      await expect(page).toHaveURL(/watched=1/);
      await follow();
      const rows = page.locator(".rows tbody tr");
      await expect(rows).toHaveCount(2);
      await expect(page.getByText("Showing 2 of 2 that match")).toBeVisible();
      await expect(rows.first().getByRole("img", { name: "Watched" })).toBeVisible();

      await page.goto("/symbol/BTCUSDT");
      await follow();
      await page.getByRole("button", { name: "Watched" }).click();
      await expect(page.getByRole("button", { name: "Watch", exact: true })).toHaveAttribute("aria-pressed", "false");
      await page.goto("/scores?watched=1");
      await expect(rows).toHaveCount(1);
      await expect(rows).toContainText("ETH");
    });
  });
}
