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

test("an open page whose login ends keeps its figures, says so, and leads to the login when it is loaded again", async ({
  page,
  context,
}) => {
  await page.goto(server.url);
  await logIn(page, TOKEN);
  await live(page);
  await context.clearCookies();
  const asked: number[] = [];
  page.on("request", (request) => {
    if (new URL(request.url()).pathname === "/api/v1/stream") asked.push(Date.now());
  });
  // An end of the connection is what makes the page ask again, now as a stranger.
  await server.stop();
  server = await virtuoso(server.child.spawnargs.slice(4), server.port);
  await expect(page.locator(".link.lost")).toBeVisible();
  await expect.poll(() => asked.length, { timeout: 60_000 }).toBeGreaterThan(8);
  // It asks again with a growing wait, and does not go round in circles.
  const [before, last] = asked.slice(-2) as [number, number];
  expect(last - before).toBeGreaterThan(2_000);
  await expect(page.locator("main .card").first()).toBeVisible();
  await expect(page.getByLabel("Token")).toHaveCount(0);
  await page.reload();
  await expect(page.getByLabel("Token")).toBeVisible();
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
