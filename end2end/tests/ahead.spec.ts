// A tab that is touched is asked for before the thumb is lifted, once, and never shown when it has become old.

import type { Locator, Page } from "@playwright/test";

import { scored, virtuoso } from "../fixtures/process.ts";
import { type Proxy, proxy } from "../fixtures/proxy.ts";
import { expect, live, test as base } from "../fixtures/test.ts";

const test = base.extend<object, { front: Proxy }>({
  front: [
    async ({}, use) => {
      const server = await virtuoso(["--source", "sim", "--seed", "7", "--symbols", "20"]);
      const front = await proxy("/v", server.port, true);
      await scored(server);
      await use(front);
      front.stop();
      await server.stop();
    },
    { scope: "worker", timeout: 150_000 },
  ],
  baseURL: async ({ front }, use) => use(front.root),
});

test.use({ serviceWorkers: "allow" });
test.describe.configure({ mode: "serial" });

test.beforeEach(async ({ page, front }) => {
  await page.goto("beta");
  await live(page);
  await expect.poll(() => page.evaluate(() => navigator.serviceWorker.controller !== null)).toBe(true);
  front.below.length = 0;
});

function tab(page: Page, name: string): Locator {
  return page.getByRole("navigation", { name: "Pages" }).getByRole("link", { name });
}

/** How often a page was asked for. */
function asked(front: Proxy, name: string): number {
  return front.below.filter((url) => url === `/v/${name}`).length;
}

/** Puts a thumb on a tab. */
async function touch(page: Page, name: string): Promise<void> {
  await tab(page, name).hover();
  await page.mouse.down();
}

/** Moves it away before it is lifted: nothing is opened. */
async function takeBack(page: Page): Promise<void> {
  await page.mouse.move(10, 300);
  await page.mouse.up();
}

test("a tab that is touched is asked for at once, and not again when the thumb is lifted", async ({ page, front }) => {
  await touch(page, "Scores");
  await expect.poll(() => asked(front, "scores")).toBe(1);
  await expect(page).toHaveURL("beta");
  await page.mouse.up();
  await expect(page).toHaveURL("scores");
  await live(page);
  expect(asked(front, "scores")).toBe(1);
});

test("a page that was asked for a while ago is asked for again", async ({ page, front }) => {
  await touch(page, "Scores");
  await expect.poll(() => asked(front, "scores")).toBe(1);
  const answered = Date.now();
  await takeBack(page);
  await expect(page).toHaveURL("beta");
  await expect.poll(() => Date.now() - answered).toBeGreaterThan(1_500);
  // By its keys no tab is touched.
  await tab(page, "Scores").press("Enter");
  await expect(page).toHaveURL("scores");
  await live(page);
  expect(asked(front, "scores")).toBe(2);
});

test("a touch alone has seen no alert", async ({ page, front }) => {
  await touch(page, "Alerts");
  await takeBack(page);
  await touch(page, "Scores");
  await takeBack(page);
  // Asked for in turn, so an earlier one would have come by now.
  await expect.poll(() => asked(front, "scores")).toBe(1);
  expect(asked(front, "alerts")).toBe(0);
});
