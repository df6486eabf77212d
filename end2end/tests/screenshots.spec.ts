// Pictures of every page, on a phone and on a desktop, for people to look at: into docs/screenshots where SCREENSHOTS is set, else beside the results.

import path from "node:path";

import { expect, live, test } from "../fixtures/test.ts";

const PAGES = {
  market: "/",
  heat: "/?map=score#heat",
  scores: "/scores",
  signals: "/signals",
  alerts: "/alerts",
  symbol: "/symbol/BTCUSDT",
  chart: "/symbol/BTCUSDT?timeframe=30m#chart",
  beta: "/beta",
  system: "/system",
  guide: "/guide",
  settings: "/settings",
};
/** The ground in `style/tokens.css`. */
const GROUND = { dark: "rgb(11, 13, 16)", light: "rgb(255, 250, 240)" };
const FOLDER = process.env.SCREENSHOTS ? path.resolve(import.meta.dirname, "../../docs/screenshots") : undefined;

for (const colorScheme of ["dark", "light"] as const) {
  for (const [name, url] of Object.entries(PAGES)) {
    test(`${name} in ${colorScheme}`, async ({ page }, info) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(url);
      await live(page);
      // What a picture is taken for: the page in these colours, all of its width, with its content.
      const look = await page.evaluate(() => ({
        ground: getComputedStyle(document.documentElement).backgroundColor,
        // Less than nothing where room is kept for a scroll bar.
        beyond: Math.max(0, document.documentElement.scrollWidth - innerWidth),
        empty: [...document.querySelectorAll("main .card")].filter((card) => card.getBoundingClientRect().height < 40).length,
        cards: document.querySelectorAll("main .card").length,
      }));
      expect(look).toMatchObject({ ground: GROUND[colorScheme], beyond: 0, empty: 0 });
      expect(look.cards).toBeGreaterThan(0);
      const view = info.project.name === "phone" ? name : `${name}-${info.project.name}`;
      const file = `${view}-${colorScheme}.png`;
      const picture = await page.screenshot({ path: FOLDER ? path.join(FOLDER, file) : info.outputPath(file) });
      expect(picture.length, "a picture of one colour packs to less").toBeGreaterThan(10_000);
      if (!FOLDER) await page.screenshot({ path: info.outputPath(`${view}-${colorScheme}-full.png`), fullPage: true });
    });
  }
}
