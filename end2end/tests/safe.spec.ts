// A page runs what the server wrote, and nothing else.

import { expect, live, test } from "../fixtures/test.ts";

test("a script and a style that the server did not write do nothing", async ({ page, complaints }) => {
  await page.goto("/");
  await live(page);
  await page.evaluate(() => {
    const script = document.createElement("script");
    script.textContent = "document.body.dataset.foreign = 'ran'";
    document.body.append(script);
    const text = document.createElement("p");
    text.id = "foreign";
    text.setAttribute("style", "position: fixed");
    document.body.append(text);
  });
  await expect(page.locator("body")).not.toHaveAttribute("data-foreign");
  await expect(page.locator("#foreign")).not.toHaveCSS("position", "fixed");
  expect(complaints).toHaveLength(2);
  for (const complaint of complaints) expect(complaint).toContain("Content Security Policy");
  complaints.length = 0;
});
