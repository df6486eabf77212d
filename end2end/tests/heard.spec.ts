// What each page is to those who hear it: landmarks, headings, names and words in their order, whatever the figures are.

import { expect, live, standing, test } from "../fixtures/test.ts";

import type { Page } from "@playwright/test";

const FRAME_BEFORE = `
- link "Skip to content"
- navigation "More":
  - group
- banner:
  - link "Virtuoso"
  - paragraph: /^live (Updated just now|oldest \\d+ (s|min))$/
  - paragraph: /\\d+ of 60 symbols rise; \\d+ long, \\d+ short\\./
- status:
  - paragraph:
    - strong: "SIMULATED MARKET:"
    - text: chosen in the configuration`;

const FRAME_AFTER = `
- contentinfo:
  - 'link "Guide: what each figure means"'
- navigation "Pages":
  - /children: equal
  - link "Market"
  - link "Scores"
  - link "Signals"
  - link "Beta"
  - link /^Alerts/
- status`;

/** A page's content, two spaces in. */
const PAGES: Record<string, string> = {
  "/": `
  - heading "Market" [level=1]
  - region "Overview":
    - heading "Overview" [level=2]
    - img /^Signal balance [\\d.]+ on a scale from 0, all short, to 100, all long$/
    - img /^\\d+ long, \\d+ neutral, \\d+ short$/
    - term: Turnover 24 h
    - definition: /^\\$[\\d.]+[kMBT]$/
    - term: BTC last price
    - definition: /^\\$[\\d,]+$/
    - term: Fear & Greed
    - definition: /^\\d+ /
    - definition: /^simulated, \\d+ \\w+ \\d{4}$/
  - region "Breadth":
    - heading "Breadth" [level=2]
    - 'img /^24 h: \\d+ advance, \\d+ unchanged, \\d+ decline, of 60 symbols$/'
  - region "Perps pulse":
    - heading "Perps pulse" [level=2]
    - term: Accounts long
    - definition: /^[\\d.]+%$/
    - definition: of accounts, not of size
    - 'img /^Liquidated in 1 h: \\$[\\d.]+[kMB]? of longs, \\$[\\d.]+[kMB]? of shorts$/'
  - region "Movers":
    - heading "Movers" [level=2]
    - radio "Gainers" [checked]
    - radio "Losers"
    - radio "Over 24 h" [checked]
    - heading "Gainers, 24 h" [level=3]
    - list:
      - listitem:
        - link /^[A-Z0-9]+USDT [\\d,.₀-₉]+ \\+[\\d.]+%$/
  - region "Heat map":
    - heading "Heat map" [level=2]
    - group "The 60 most traded symbols, each as large as its turnover in 24 h":
      - link /^[A-Z0-9]+ [+−]?[\\d.]+% in 24 h, [\\d.]+ score, turnover \\$[\\d.]+[kMB]$/`,
  "/scores": `
  - heading "Scores" [level=1]
  - region "Scores":
    - search:
      - searchbox "Search for a symbol"
      - combobox "Minimum turnover in 24 h"
    - navigation "Direction and watchlist":
      - link "All"
      - link "Long"
      - link "Neutral"
      - link "Short"
      - link "★ Watched"
    - navigation "Sort":
      - link "Sort by Score, highest first"
      - link "Sort by Turnover"
    - paragraph: Showing 30 of 60
    - table "Symbols with price, score and dimensions":
      - rowgroup:
        - row:
          - columnheader "Symbol"
          - columnheader "Score"
          - columnheader "Dimensions"
      - rowgroup:
        - row:
          - cell:
            - link /^[A-Z0-9]+USDT$/
          - cell /^[\\d,.₀-₉]+ [+−]?[\\d.]+%$/
          - cell:
            - img /^[+−]?[\\d.]+% over 24 hourly closes$/
          - cell:
            - img /^Score [\\d.]+ of 100, (Long|Neutral|Short)$/
          - cell:
            - img /^Order flow [\\d.]+, Order book [\\d.]+, Volume [\\d.]+, Price structure [\\d.]+, Technical [\\d.]+, Sentiment [\\d.]+$/
    - navigation "Pages of the list":
      - link "Next"`,
  "/symbol/BTCUSDT": `
  - link "‹ All scores"
  - heading "BTCUSDT" [level=1]
  - button "Watch"
  - region "Price":
    - term: Mark
    - definition: /^[\\d,]+\\.\\d$/
    - term: Funding
    - definition: /^[+−]?\\d\\.\\d{4}%$/
    - definition: /^per \\d+ h, next in /
    - term: Longs liquidated
    - definition: /^\\$[\\d.]+[kMB]?$/
    - definition: /^in \\d+ (s|min|h)/
  - region "Candles":
    - navigation "Timeframe":
      - link "1m"
      - link "4h"
    - img /^Candles of 1 minute, 68 of them, from .* last close [\\d,]+\\.\\d$/
    - paragraph:
      - text: 68 closed candles of 1 minute until
      - time: /^\\d+ \\w+ \\d{4}, \\d\\d:\\d\\d UTC$/
      - link "Reload"
    - group: The same in numbers
  - region "Score":
    - img /^Score [\\d.]+ of 100, (Long|Neutral|Short)$/
    - paragraph: /^BTCUSDT scores /
    - term: Agreement
    - definition: /^\\d+%$/
  - region "Where the score comes from":
    - paragraph:
      - text: /^50 [+−] .* =$/
      - strong: /^[\\d.]+$/
    - group: /^Order flow [+−]?[\\d.]+$/
    - group: /^Sentiment [+−]?[\\d.]+$/
  - region "Score history":
    - img /^\\d+ scores, lowest [\\d.]+, highest [\\d.]+, last [\\d.]+$/
  - region "Key levels":
    - table:
      - rowgroup:
        - row "Level Price Away from the last price"
      - rowgroup:
        - row /^Point of control [\\d,]+\\.\\d [+−]?[\\d.]+%$/:
          - rowheader "Point of control"
    - paragraph:
      - text: from 250 closed candles of 30 minutes until
      - time: /^\\d\\d:\\d\\d$/
  - region "Order book":
    - table "Bids"
    - table "Asks"
  - region "Conditions":
    - term: Spread
    - definition: /bps$/`,
  "/signals": `
  - heading "Signals" [level=1]
  - region "Open ideas":
    - article /^[A-Z0-9]+USDT (Long|Short)$/:
      - heading /^[A-Z0-9]+USDT (Long|Short)$/ [level=3]:
        - link /^[A-Z0-9]+USDT$/
      - paragraph:
        - text: /^[+−]?[\\d.]+ R net [+−]?[\\d.]+ R at [\\d,.₀-₉]+,$/
        - time: /^\\d+ s$/
        - text: ago
      - 'img /^From the stop at −1 R to the last target at \\+4\\.0 R: the last price is at [+−]?[\\d.]+ R$/'
      - term: Entry
      - term: Stop
      - term: Target 1.5 R
      - term: Ends in
      - group: '/^Why: score [\\d.]+$/'
  - region "Ended ideas"`,
  "/beta": `
  - heading "Beta to Bitcoin" [level=1]
  - region "Against Bitcoin":
    - navigation "Window":
      - link "1h"
      - link "7d"
    - 'img /^Closes over 24h, rebased: BTC [+−]?[\\d.]+%, /'
    - group: Ten best and ten worst, as a table
  - region "Beta, correlation and outperformance":
    - navigation "Sort":
      - link "Sort by vs BTC, highest first"
    - region "Table of betas":
      - table:
        - rowgroup:
          - row "Contract vs BTC Beta Corr. R² n Change"
        - rowgroup:
          - row:
            - rowheader /^[A-Z0-9]+USDT$/
            - cell /^[+−]?[\\d.]+%$/
            - cell /^[+−]?[\\d.]+ ± [\\d.]+$/`,
  "/alerts": `
  - heading "Alerts" [level=1]
  - region "What happened":
    - navigation "Kind":
      - link "All"
      - link "Rules"
      - link "Ideas"
    - list:
      - listitem:
        - link
        - paragraph:
          - text: /^\\d\\d:\\d\\d:\\d\\d UTC ·$/
          - time: /^\\d+ (s|min)$/
          - text: ago
  - region "Rules of your own":
    - form "A figure crosses a level":
      - textbox "Symbol or “any”"
      - combobox "Figure"
      - textbox "Level"
      - button "Add"
    - form "Liquidations exceed an amount"
    - form "A symbol turns"
    - form "The market turns"`,
  "/system": `
  - heading "System" [level=1]
  - region "Source":
    - term: Last scan
    - definition: /^[\\d.]+ ms$/
    - definition: of 1,000 ms allowed
  - region "Streams":
    - term: Messages a second
    - definition: /^[\\d,]+$/
  - region "Cache":
    - region "List of schemas":
      - table:
        - rowgroup:
          - row:
            - columnheader "Schema"
            - columnheader "State"
            - columnheader "Age"
  - region "Tasks":
    - region "List of tasks":
      - table`,
  "/guide": `
  - heading "Guide" [level=1]
  - region "Reading a figure":
    - heading "Reading a figure" [level=2]
    - term: A dash
    - definition: /^Nobody measured this figure\\./
  - region "The score"
  - region "The market"
  - region "One contract":
    - term: Key levels
  - 'region "Conditions: how far a score is to be trusted"'
  - heading "Where a score comes from" [level=2]
  - region "Order flow":
    - heading "Order flow" [level=2]`,
  "/settings": `
  - heading "Settings" [level=1]
  - group "Theme":
    - radio "As the device" [checked]
    - radio "Dark"
    - radio "Light"
  - group "Colours of change":
    - radio "Green up, red down" [checked]
  - group "Time zone":
    - combobox "Time zone"
  - paragraph:
    - button "Save"`,
};

async function opened(page: Page, path: string): Promise<void> {
  await page.goto(path);
  await live(page);
}

for (const [path, content] of Object.entries(PAGES)) {
  test(`${path} is heard as it is seen`, async ({ page }) => {
    test.setTimeout(420_000);
    // By then there are a line of scores and something to announce as well.
    await standing(page);
    await opened(page, path);
    await expect(page.locator("body")).toMatchAriaSnapshot(`${FRAME_BEFORE}\n- main:${content}${FRAME_AFTER}`);
  });
}

test("a contract's numbers and parts unfold by their names", async ({ page }) => {
  test.setTimeout(420_000);
  await standing(page);
  await opened(page, "/symbol/ETHUSDT");
  await page.getByText("The same in numbers").click();
  await page.getByText(/^Order flow/).click();
  await expect(page.locator("main")).toMatchAriaSnapshot(`
    - region "Candles":
      - group:
        - text: The same in numbers
        - region "List of candles":
          - table "Candles of 1 minute, newest first":
            - rowgroup:
              - row "Start, UTC Open High Low Close Volume CVD Score"
            - rowgroup:
              - row:
                - rowheader /^\\d\\d:\\d\\d$/
    - region "Where the score comes from":
      - group:
        - text: /^Order flow [+−]?[\\d.]+$/
        - paragraph: /^Weight 30%, \\d+% of its inputs known\\.$/
        - region "Parts of Order flow":
          - table:
            - rowgroup:
              - row "Part Bars Value n Points"`);
});
