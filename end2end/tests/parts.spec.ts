// The page's code comes in parts: what every page needs, and what one page alone does.

import { expect, live, test } from "../fixtures/test.ts";

/** `/pkg/name.hash.kind` without its hash. */
const plain = (url: string) => new URL(url).pathname.replace(/^.*\/pkg\//, "").replace(/\.[\w-]{22}/, "");

const COMMON = ["__wasm_split.js", "virtuoso.css", "virtuoso.js", "virtuoso.wasm"];
const LISTS = ["split_scores_part.wasm"];
const SYMBOLS = ["split_symbol_part.wasm"];

for (const [path, own] of [["/", []], ["/signals", []], ["/scores", LISTS], ["/symbol/BTCUSDT", SYMBOLS]] as const) {
  test(`${path} loads what it names itself, and no other page's part`, async ({ page }) => {
    const loaded = new Set<string>();
    page.on("response", (response) => {
      if (!response.url().includes("/pkg/")) return;
      loaded.add(plain(response.url()));
      expect(response.headers()["cache-control"], response.url()).toContain("immutable");
    });
    const answer = await page.goto(path);
    await live(page);
    const named = [...(await answer!.text()).matchAll(/\/edition-\w+\/pkg\/[^"'\s]+/g)].map(([url]) => plain(`http://any${url}`));
    expect([...loaded].sort()).toEqual([...new Set(named)].sort());
    // What two parts share is a file of its own.
    const others = [...loaded].filter((file) => !/^chunk_\d+\.wasm$/.test(file)).sort();
    expect(others).toEqual([...COMMON, ...own].sort());
  });
}

test("a part that does not come is asked for again, and the page stays as it was made meanwhile", async ({ page, complaints }) => {
  let refused = 0;
  await page.route("**/pkg/split_scores_part*", async (route) => {
    refused += 1;
    // The page asks ahead, the loader itself comes second.
    if (refused > 3) await route.continue();
    else await route.abort();
  });
  await page.goto("/scores");
  await expect(page.locator(".card.scores tbody tr")).toHaveCount(30);
  await expect.poll(() => refused).toBeGreaterThan(1);
  await expect(page.locator(".pulse .link")).toHaveText("snapshot");
  await live(page);
  expect(refused).toBeGreaterThan(3);
  await expect(page.locator("body")).toHaveAttribute("data-list", "whole");
  // The browser reports each that failed, and the loader the reason.
  const complained = complaints.splice(0);
  expect(complained.filter((text) => !/ERR_FAILED|Failed to fetch/.test(text))).toEqual([]);
  expect(complained.length).toBeGreaterThan(0);
});

for (const [what, path, files] of [
  ["the code", "/", "**/pkg/virtuoso.*.wasm"],
  ["the script that starts the code", "/scores", "**/pkg/virtuoso.*.js"],
  ["the part of a page", "/scores", "**/pkg/split_scores_part*"],
] as const) {
  test(`says that it is not live and offers a reload when ${what} does not load`, async ({ page, complaints }) => {
    await page.route(files, (route) => route.abort());
    await page.goto(path);
    const bar = page.locator(".bar.unloaded");
    await expect(bar).toBeHidden();
    await expect(bar).toBeVisible({ timeout: 30_000 });
    await expect(bar).toContainText("Not live");
    // The figures are those of the first paint, and nothing on the page calls them current.
    await expect(page.locator(".pulse .link")).toHaveText("snapshot");
    await expect(page.locator(".pulse .oldest")).toBeHidden();
    await page.unroute(files);
    await bar.getByRole("button", { name: "Reload" }).click();
    await live(page);
    await expect(bar).toBeHidden();
    await expect(page.locator(".pulse .oldest")).toBeVisible();
    // The browser reports what was kept from it, and what it fetched ahead for that.
    const reported = complaints.splice(0);
    expect(reported.filter((text) => !/ERR_FAILED|Failed to fetch|was preloaded/.test(text))).toEqual([]);
    expect(reported.length).toBeGreaterThan(0);
  });
}
