// The number on the Alerts tab of a page that is open while alerts are added.

import { type Running, scored, virtuoso } from "../fixtures/process.ts";
import { expect, live, test } from "../fixtures/test.ts";

let server: Running;

test.beforeAll(async () => {
  test.setTimeout(180_000);
  server = await virtuoso(["--source", "sim", "--seed", "7", "--symbols", "30"]);
  await scored(server);
});

test.afterAll(() => server.stop());

test("changes within seconds of an alert on any open page, and clears when the alerts are opened", async ({ page, context, complaints }) => {
  test.setTimeout(240_000);
  await page.goto(`${server.url}/alerts`);
  const badge = page.locator(".tabs .badge");
  await expect(badge).toBeHidden();
  const crossing = page.getByRole("form", { name: "A figure crosses a level" });
  // Some contract crosses one of these every few seconds.
  const levels = ["45", "48", "50", "52", "55"];
  for (const level of levels) {
    await crossing.getByLabel("Symbol").fill("any");
    await crossing.getByLabel("Figure").selectOption("score");
    await crossing.getByLabel("Level").fill(level);
    await crossing.getByRole("button", { name: "Add" }).click();
  }
  await expect(page.locator(".rule-list li")).toHaveCount(levels.length);

  for (const path of ["/scores", "/guide"]) {
    await page.goto(`${server.url}/alerts`);
    await page.goto(server.url + path);
    await live(page);
    const document = await page.evaluate(() => performance.timeOrigin);
    const unseen = async () => ((await (await page.request.get(`${server.url}/api/v1/alerts/unseen`)).json()) as { unseen: number }).unseen;
    await expect.poll(unseen, { timeout: 120_000 }).toBeGreaterThan(0);
    await expect(badge, path).toBeVisible({ timeout: 5_000 });
    await expect(badge).toHaveText(/^[1-9]\d?\+? new$/);
    await expect(page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: /Alerts \d+\+? new/ })).toBeVisible();
    expect(await page.evaluate(() => performance.timeOrigin), "it was not loaded again").toBe(document);
  }

  const other = await context.newPage();
  await other.goto(`${server.url}/alerts`);
  await expect(other.locator(".tabs .badge")).toBeHidden();
  await other.close();
  const [asked] = await Promise.all([
    page.waitForResponse("**/api/v1/alerts/unseen"),
    page.evaluate(() => document.dispatchEvent(new Event("visibilitychange"))),
  ]);
  const { label } = (await asked.json()) as { label: string | null };
  await expect(badge).toHaveText(label === null ? "" : `${label} new`);
  // Its server is another origin than the shared one.
  complaints.length = 0;
});
