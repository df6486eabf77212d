// What is shortened or missing says in full what it is, to a thumb and to keys: a title alone waits for a mouse.

import { expect, test } from "../fixtures/test.ts";

const WHY = "nothing to compare with";

test("a dash says why nothing stands there, once it is touched or reached by keys", async ({ page }) => {
  await page.goto("/beta");
  // The market itself has no change beyond its own.
  const dash = page.locator(`.missing[title="${WHY}"]`).first();
  await page.locator("details", { has: dash }).locator("summary").click();
  const hint = () => dash.evaluate((one) => getComputedStyle(one, "::after").content);
  expect(await hint()).toBe("none");

  await dash.click();
  expect(await hint()).toContain(`"${WHY}"`);
  // Nothing is made wider by it.
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  expect(wide).toBe(0);
  await page.getByRole("heading", { level: 2 }).first().click();
  expect(await hint()).toBe("none");

  await page.locator("tr", { has: dash }).getByRole("link").first().focus();
  await page.keyboard.press("Tab");
  await expect(dash).toBeFocused();
  expect(await hint()).toContain(`"${WHY}"`);
});

test("in a link nothing else takes the focus", async ({ page }) => {
  for (const path of ["/", "/scores"]) {
    await page.goto(path);
    await expect(page.locator("main a").first()).toBeVisible();
    await expect(page.locator("a [tabindex]")).toHaveCount(0);
  }
});
