// Readable by everyone, in both themes; nothing jumps.

import AxeBuilder from "@axe-core/playwright";

import { expect, live, test } from "../fixtures/test.ts";

for (const colorScheme of ["dark", "light"] as const) {
  for (const path of ["/", "/scores", "/signals", "/alerts", "/symbol/BTCUSDT", "/symbol/BTCUSDT?timeframe=4h", "/?map=score", "/beta", "/system", "/guide", "/settings", "/nowhere"]) {
    test(`axe finds nothing on ${path} in ${colorScheme}`, async ({ page, complaints }) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(path);
      await expect(page.locator("body")).toHaveAttribute("data-hydrated", "yes");
      const { violations } = await new AxeBuilder({ page }).analyze();
      expect(violations.map((v) => `${v.id}: ${v.nodes.map((n) => n.target.join(" ")).join(", ")}`)).toEqual([]);
      // The browser reports the status of a page that is not there as an error of its own.
      if (path === "/nowhere") complaints.length = 0;
    });
  }
}

test("nothing jumps while the page comes alive", async ({ page }) => {
  await page.addInitScript(() => {
    // What moved, and from where to where: a failure has to name its cause.
    const shifts: string[] = [];
    Object.assign(window, { shifts });
    type Source = { node?: Node; previousRect: DOMRectReadOnly; currentRect: DOMRectReadOnly };
    type Shift = PerformanceEntry & { value: number; hadRecentInput: boolean; sources: Source[] };
    const rect = ({ x, y, width, height }: DOMRectReadOnly) => [x, y, width, height].map(Math.round).join(" ");
    new PerformanceObserver((list) => {
      for (const entry of list.getEntries() as Shift[]) {
        // A figure that gains a digit grows to its left: that is no jump.
        if (entry.hadRecentInput || entry.value < 0.0005) continue;
        const moved = entry.sources.map(({ node, previousRect, currentRect }) => {
          const element = node instanceof Element ? node : node?.parentElement;
          const name = element ? `${element.tagName.toLowerCase()}.${element.className}` : "gone";
          return `${name} "${element?.textContent?.slice(0, 60)}" from ${rect(previousRect)} to ${rect(currentRect)}`;
        });
        shifts.push(`${entry.value.toFixed(4)} at ${entry.startTime.toFixed(0)} ms: ${moved.join("; ")}`);
      }
    }).observe({ type: "layout-shift", buffered: true });
  });
  // One symbol of the list: a list that is sorted by score is put in order anew when a bar closes.
  for (const path of ["/", "/scores?q=BTC", "/symbol/BTCUSDT"]) {
    await page.goto(path);
    await live(page);
    // Two updates of what is on screen.
    const main = page.locator("main");
    for (let n = 0; n < 2; n += 1) {
      const before = await main.innerText();
      await expect.poll(() => main.innerText(), { timeout: 20_000 }).not.toBe(before);
    }
    expect(await page.evaluate(() => (window as unknown as { shifts: string[] }).shifts), path).toEqual([]);
  }
});
