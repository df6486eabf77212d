// Below a path of a proxy everything is where it should be, whether the proxy takes its path off or passes it on.

import { expect, test } from "@playwright/test";

import { type Running, configured, scored, virtuoso } from "../fixtures/process.ts";
import { type Proxy, proxy } from "../fixtures/proxy.ts";
import { live } from "../fixtures/test.ts";

const PATH = "/markets/virtuoso";
const TOKEN = "a-token-that-nobody-guesses";
const PAGES = ["", "scores", "signals", "beta", "alerts", "system", "guide", "settings", "symbol/BTCUSDT", "symbol/BTCUSDT?timeframe=4h", "mobile"];

for (const takesOff of [true, false]) {
  test.describe(takesOff ? "a proxy that takes its path off" : "a proxy that passes its path on", () => {
    let server: Running;
    let front: Proxy;

    test.use({ serviceWorkers: "allow" });

    test.beforeAll(async () => {
      const base = takesOff ? "" : `[http]\nbase_path = "${PATH}"\n`;
      const file = configured(`${base}[access]\ntoken = "${TOKEN}"\nopen_to_all = true\n`);
      server = await virtuoso(["--source", "sim", "--symbols", "20", "--seed", "7", "--config", file]);
      front = await proxy(PATH, server.port, takesOff);
      await scored(server);
    });

    test.afterAll(async () => {
      front.stop();
      await server.stop();
    });

    let complaints: string[] = [];

    test.beforeEach(({ page }) => {
      complaints = [];
      page.on("pageerror", (error) => complaints.push(error.message));
      page.on("console", (message) => {
        if (["error", "warning"].includes(message.type())) complaints.push(message.text());
      });
    });

    test.afterEach(() => expect([...front.stray, ...complaints]).toEqual([]));

    test("each page and all that it leads to lies below the path", async ({ page }) => {
      const outside = (url: string) => !url.startsWith(front.root);
      for (const name of PAGES) {
        await page.goto(front.root + name);
        await live(page);
        const links = await page.evaluate(() => [
          ...Array.from(document.querySelectorAll("a[href]"), (link) => new URL(link.getAttribute("href") ?? "", document.baseURI).href),
          ...Array.from(document.querySelectorAll<HTMLFormElement>("form"), (form) => new URL(form.getAttribute("action") ?? "", document.baseURI).href),
        ]);
        expect(links.length, name).toBeGreaterThan(8);
        expect(links.filter((url) => outside(url) && url.startsWith(new URL(front.root).origin)), name).toEqual([]);
        await page.keyboard.press("Tab");
        await page.keyboard.press("Enter");
        await expect(page.locator("main"), name).toBeFocused();
        expect(page.url(), "the way past the header leads to no other page").toBe(`${front.root}${name}#main`);
      }
    });

    test("links, lists that answer in place and forms lead where they should", async ({ page }) => {
      await page.goto(front.root);
      await page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name: "Scores" }).click();
      await expect(page.locator("body")).toHaveAttribute("data-list", "whole");
      await page.getByRole("link", { name: "Sort by 24 h" }).click();
      await expect(page).toHaveURL(`${front.root}scores?sort=change`);
      await page.getByRole("link", { name: /BTC/ }).first().click();
      await expect(page).toHaveURL(`${front.root}symbol/BTCUSDT`);
      await page.getByRole("button", { name: "Watch", exact: true }).click();
      await expect(page.getByRole("button", { name: "Watched" })).toBeVisible();
      await page.getByRole("link", { name: "4h", exact: true }).click();
      await expect(page).toHaveURL(`${front.root}symbol/BTCUSDT?timeframe=4h#chart`);

      await page.goto(`${front.root}settings`);
      await page.getByLabel("Light").check();
      await page.getByRole("button", { name: "Save" }).click();
      await expect(page).toHaveURL(`${front.root}settings`);
      await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
      await page.goto(`${front.root}symbol/BTCUSDT`);
      await expect(page.locator("html")).toHaveAttribute("data-theme", "light");
      const cookies = await page.context().cookies();
      expect(new Set(cookies.map(({ path }) => path)), "what shares the origin receives nothing").toEqual(new Set([PATH]));
    });

    test("the login leads in and a rule is made behind it", async ({ page }) => {
      await page.goto(`${front.root}login?next=%2Falerts`);
      await page.getByLabel("Token").fill(TOKEN);
      await page.getByRole("button", { name: "Log in" }).click();
      await expect(page).toHaveURL(`${front.root}alerts`);
      const form = page.getByRole("form", { name: "A symbol turns" });
      await form.getByLabel("Symbol").fill("BTCUSDT");
      await form.getByRole("button", { name: "Add" }).click();
      await expect(page).toHaveURL(`${front.root}alerts#rules`);
      await page.getByRole("link", { name: "Test the rule BTCUSDT turns long" }).click();
      await expect(page).toHaveURL(/\/markets\/virtuoso\/alerts\?test=[^#]+#tested$/);
      await page.getByRole("button", { name: "Remove the rule BTCUSDT turns long" }).click();
      await expect(page).toHaveURL(`${front.root}alerts#rules`);
    });

    test("its worker keeps pictures of what lies below the path", async ({ page }) => {
      await page.goto(`${front.root}symbol/BTCUSDT`);
      await live(page);
      const scope = await page.evaluate(async () => (await navigator.serviceWorker.ready).scope);
      expect(scope).toBe(front.root);
      const kept = () =>
        page.evaluate(async (store) => {
          return (await (await caches.open(store)).match(location.href, { ignoreVary: true })) !== undefined;
        }, `${PATH}/ pages`);
      await expect.poll(kept).toBe(true);
    });
  });
}
