// A dashboard behind a token: the way in, the way out, and a page whose login ends while it is open.

import AxeBuilder from "@axe-core/playwright";
import { type Page, expect, test } from "@playwright/test";

import { type Running, configured, until, virtuoso } from "../fixtures/process.ts";
import { live } from "../fixtures/test.ts";

const TOKEN = "a-token-that-nobody-guesses";

let server: Running;

test.beforeAll(async () => {
  const file = configured(`[access]\ntoken = "${TOKEN}"\n`);
  server = await virtuoso(["--source", "sim", "--symbols", "20", "--seed", "7", "--config", file]);
  await until(async () => (await fetch(`${server.url}/readyz`)).ok, server, 60_000);
});

test.afterAll(() => server.stop());

async function logIn(page: Page, token: string): Promise<void> {
  await page.getByLabel("Token").fill(token);
  await page.getByRole("button", { name: "Log in" }).click();
}

test("a reader is led to the login and on to the page that was asked for, and out again", async ({ page }) => {
  await page.goto(`${server.url}/scores?q=BTC`);
  await expect(page).toHaveURL(`${server.url}/login?next=%2Fscores%3Fq%3DBTC`);
  await expect(page.getByText("SIMULATED")).toHaveCount(0);
  await logIn(page, "not-the-token-of-it");
  await expect(page.getByRole("alert")).toHaveText("This is not the token.");
  await expect(page.getByLabel("Token")).toHaveAccessibleDescription("This is not the token.");
  await logIn(page, TOKEN);
  await expect(page).toHaveURL(`${server.url}/scores?q=BTC`);
  await live(page);
  await page.goto(`${server.url}/settings`);
  await page.getByRole("button", { name: "Log out" }).click();
  await expect(page).toHaveURL(`${server.url}/login`);
  await page.goto(server.url);
  await expect(page.getByLabel("Token")).toBeVisible();
});

/** Ends the connection, so that the page asks for it again as a stranger. */
async function restart(): Promise<void> {
  await server.stop();
  server = await virtuoso(server.child.spawnargs.slice(4), server.port);
}

test("an open page whose login ends says so, keeps its figures, and leads back after the login", async ({ page, context }) => {
  await page.goto(`${server.url}/scores?q=B`);
  await logIn(page, TOKEN);
  await live(page);
  await expect(page.locator("body")).toHaveAttribute("data-list", "whole");
  // The address changes in place.
  await page.getByRole("searchbox").fill("BTC");
  await expect(page).toHaveURL(`${server.url}/scores?q=BTC`);
  await context.clearCookies();
  let asked = 0;
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/stream") asked += 1;
  });
  await restart();
  const bar = page.locator(".bar.signed-out");
  await expect(bar).toBeVisible({ timeout: 60_000 });
  await expect(bar).toHaveText("Signed out. Log in");
  await expect(page.locator(".link.lost")).toHaveText("signed out");
  await expect(page.locator("main .card").first()).toBeVisible();
  const before = asked;
  await page.waitForFunction((since) => performance.now() > since + 12_000, await page.evaluate(() => performance.now()));
  expect(asked, "it does not ask in vain").toBe(before);
  await bar.getByRole("link", { name: "Log in" }).click();
  await logIn(page, TOKEN);
  await expect(page).toHaveURL(`${server.url}/scores?q=BTC`);
  await live(page);
});

test("a page that asks for itself notices that its login ended, and goes on after a login elsewhere", async ({ page, context }) => {
  await page.goto(server.url);
  await logIn(page, TOKEN);
  await live(page);
  // The stream that is open stays open.
  await context.clearCookies();
  const bar = page.locator(".bar.signed-out");
  await expect(bar).toBeVisible({ timeout: 30_000 });
  await expect(page.locator("body")).toHaveAttribute("data-stream", "signed-out");
  const other = await context.newPage();
  await other.goto(server.url);
  await logIn(other, TOKEN);
  // Closed while it still loads, a page may never be gone.
  await live(other);
  await other.close();
  await page.evaluate(() => dispatchEvent(new Event("online")));
  await live(page);
  await expect(bar).toBeHidden();
});

for (const colorScheme of ["dark", "light"] as const) {
  test(`axe finds nothing on the login in ${colorScheme}`, async ({ page }) => {
    await page.emulateMedia({ colorScheme });
    await page.goto(`${server.url}/login`);
    const found = async () => {
      const { violations } = await new AxeBuilder({ page }).analyze();
      return violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`);
    };
    expect(await found()).toEqual([]);
    await logIn(page, "not-the-token-of-it");
    await expect(page.getByRole("alert")).toBeVisible();
    expect(await found()).toEqual([]);
  });
}

test.describe("without script", () => {
  test.use({ javaScriptEnabled: false });
  test("the login needs none", async ({ page }) => {
    await page.goto(server.url);
    await logIn(page, TOKEN);
    await expect(page).toHaveURL(`${server.url}/`);
    await expect(page.getByText("SIMULATED MARKET:")).toBeVisible();
  });
});
