// Without a network there is the last picture of each page, clearly dated, and never in place of a server that answers.

import { type Running, scored, virtuoso } from "../fixtures/process.ts";
import { expect, live, test } from "../fixtures/test.ts";

import type { Page } from "@playwright/test";

test.use({ serviceWorkers: "allow" });

const MARKET = ["--source", "sim", "--seed", "7", "--symbols", "20"];
const BANNER = "NO CONNECTION: this is the last picture, of ";

/** Opens a page and waits until its picture is kept. */
async function seen(page: Page, url: string): Promise<void> {
  await page.goto(url);
  await live(page);
  const kept = () =>
    page.evaluate(async () => {
      await navigator.serviceWorker.ready;
      return (await (await caches.open("/ pages")).match(location.href, { ignoreVary: true })) !== undefined;
    });
  await expect.poll(kept).toBe(true);
}

/** The greatest age among the figures on screen, in seconds. */
async function oldest(page: Page): Promise<number> {
  const text = await page.locator("header .oldest").innerText();
  if (text === "Updated just now") return 0;
  const [, number, unit] = /(\d+) (s|min)/.exec(text) ?? [];
  return Number(number) * (unit === "min" ? 60 : 1);
}

test("without a network the last picture stands, dated and ageing, and comes alive when the server is back", async ({
  page,
  complaints,
}) => {
  test.setTimeout(180_000);
  let server: Running = await virtuoso(MARKET);
  const { url, port } = server;
  try {
    await scored(server);
    await seen(page, `${url}/`);
    await seen(page, `${url}/scores?q=BTC`);
    await expect(page.getByText(BANNER)).toHaveCount(0);
    await server.stop();
    const gone = Date.now();

    await page.goto(`${url}/scores?q=BTC`);
    await expect(page.getByText(BANNER)).toBeVisible();
    await expect(page.getByText(/of \d+ \w+ \d{4}, \d\d:\d\d:\d\d UTC\.$/)).toBeVisible();
    await expect(page.locator("body")).toHaveAttribute("data-hydrated", "yes");
    await expect(page.getByRole("link", { name: /BTC/ }).first()).toBeVisible();
    // An age on screen is cut to whole seconds.
    await expect.poll(async () => (await oldest(page)) - (Date.now() - gone) / 1_000).toBeGreaterThanOrEqual(-2);
    await expect(page.locator("body")).not.toHaveAttribute("data-stream", "open");

    await page.goto(`${url}/`);
    await expect(page.getByText(BANNER)).toBeVisible();
    await page.goto(`${url}/beta`);
    await expect(page.getByText("This page was never opened here")).toBeVisible();
    await page.getByRole("link", { name: "/scores?q=BTC" }).click();
    await expect(page.getByText(BANNER)).toBeVisible();

    server = await virtuoso(MARKET, port);
    await expect(page.locator("body")).toHaveAttribute("data-stream", "open", { timeout: 30_000 });
    await expect(page.getByText(BANNER)).toBeHidden();
    await page.reload();
    await expect(page.getByText(BANNER)).toHaveCount(0);
  } finally {
    await server.stop();
  }
  // What cannot be loaded is an error to the browser.
  complaints.length = 0;
});

test("a server that does not answer leaves the last picture after three seconds, and a late answer is kept", async ({ page, complaints }) => {
  test.setTimeout(180_000);
  const server = await virtuoso(MARKET);
  try {
    await scored(server);
    await seen(page, `${server.url}/scores?q=BTC`);
    await seen(page, `${server.url}/guide`);
    const made = () =>
      page.evaluate(async () => {
        const kept = await (await caches.open("/ pages")).match("/scores?q=BTC", { ignoreVary: true });
        return Date.parse(kept?.headers.get("date") ?? "");
      });
    const before = await made();
    server.signal("SIGSTOP");
    const began = Date.now();
    await page.goto(`${server.url}/scores?q=BTC`, { waitUntil: "commit" });
    await expect(page.getByText("SLOW CONNECTION: this is the last picture, of ")).toBeVisible();
    const took = Date.now() - began;
    expect(took, "it waited for the network").toBeGreaterThan(2_500);
    expect(took, "and not for long").toBeLessThan(12_000);
    await expect(page.getByRole("link", { name: /BTC/ }).first()).toBeVisible();
    server.signal("SIGCONT");
    await expect(page.locator("body")).toHaveAttribute("data-stream", "open", { timeout: 40_000 });
    await expect(page.getByText("this is the last picture")).toBeHidden();
    await expect.poll(made, { timeout: 20_000 }).toBeGreaterThan(before);
  } finally {
    server.signal("SIGCONT");
    await server.stop();
  }
  complaints.length = 0;
});

test("logging out takes the pictures with it", async ({ page, complaints }) => {
  const server = await virtuoso(MARKET);
  try {
    await scored(server);
    await seen(page, `${server.url}/`);
    const left = await page.request.post(`${server.url}/logout`, { headers: { "sec-fetch-site": "same-origin" }, maxRedirects: 0 });
    expect(left.headers()["clear-site-data"]).toBe('"storage"');
    await page.evaluate(() => fetch("/logout", { method: "POST" }));
    await expect.poll(() => page.evaluate(async () => (await caches.keys()).length)).toBe(0);
  } finally {
    await server.stop();
  }
  // Its own server is another origin than the shared one's.
  complaints.length = 0;
});
