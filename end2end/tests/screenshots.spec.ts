// Pictures of every page, on a phone and on a desktop, for people to look at: into docs/screenshots where SCREENSHOTS is set, else beside the results.

import path from "node:path";

import { live, test } from "../fixtures/test.ts";

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
const FOLDER = process.env.SCREENSHOTS ? path.resolve(import.meta.dirname, "../../docs/screenshots") : undefined;

for (const colorScheme of ["dark", "light"] as const) {
  for (const [name, url] of Object.entries(PAGES)) {
    test(`${name} in ${colorScheme}`, async ({ page }, info) => {
      await page.emulateMedia({ colorScheme });
      await page.goto(url);
      await live(page);
      const view = info.project.name === "phone" ? name : `${name}-${info.project.name}`;
      const file = `${view}-${colorScheme}.png`;
      await page.screenshot({ path: FOLDER ? path.join(FOLDER, file) : info.outputPath(file) });
      if (!FOLDER) await page.screenshot({ path: info.outputPath(`${view}-${colorScheme}-full.png`), fullPage: true });
    });
  }
}
