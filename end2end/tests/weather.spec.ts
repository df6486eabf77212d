// Bad weather, one kind after the other, with the dashboard open: `make weather`.
//
// Once a second every price on screen is held against what the simulated market really was at the time that the screen says it
// was: a figure that is called fresh is one of the last seconds, a figure that is called old is one of that time.

import { type Page, expect, test } from "@playwright/test";

import { type Running, exchange, freePort, pointedAt, scored, virtuoso } from "../fixtures/process.ts";
import { live } from "../fixtures/test.ts";

const SECONDS = Number(process.env.WEATHER_SECONDS ?? 0);
const SYMBOLS = Number(process.env.WEATHER_SYMBOLS ?? 100);

test.skip(SECONDS === 0, "takes minutes: make weather WEATHER_SECONDS=20");

/** Every way to misbehave, and whether the figures go on while it does. */
const KINDS: { fault: string; goes_on: boolean }[] = [
  { fault: "drop", goes_on: false },
  { fault: "403", goes_on: true },
  { fault: "10006", goes_on: true },
  { fault: "slow=2s", goes_on: true },
  { fault: "stale", goes_on: false },
  { fault: "gap", goes_on: true },
  { fault: "malformed", goes_on: true },
  { fault: "unknown-fields", goes_on: true },
  { fault: "duplicate", goes_on: true },
  { fault: "reorder", goes_on: true },
  { fault: "skew=90s", goes_on: true },
  { fault: "skew=-90s", goes_on: true },
  { fault: "delist=ETHUSDT", goes_on: true },
  { fault: "silent=tickers", goes_on: true },
  { fault: "silent=books", goes_on: true },
];

/** All of them, or those that are named: `WEATHER_KINDS=gap,delist`. */
const NAMED = process.env.WEATHER_KINDS?.split(",");
const WEATHER = KINDS.filter(({ fault }) => NAMED?.some((name) => fault.startsWith(name)) ?? true);

/** What a price may be off by beyond the age it is shown with: a scan, a flush, a poll of ours. */
const SLACK_MS = 6_000;
/** A market that was not looked at for so long was gone. */
const GONE_MS = 1_000;
/** A price that stands still in a list that goes on is called old after so long. */
const STILL_MS = 10_000;

/** What every price really was, for as long as anything on screen may be old. */
class Truth {
  readonly #past: { at: number; prices: Record<string, [string, string]> }[] = [];
  #asking = true;
  readonly #done: Promise<void>;

  constructor(readonly port: () => number) {
    this.#done = this.#ask();
  }

  async #ask(): Promise<void> {
    while (this.#asking) {
      try {
        const answer = await fetch(`http://127.0.0.1:${this.port()}/sim/prices`);
        this.#past.push({ at: Date.now(), prices: (await answer.json()) as Record<string, [string, string]> });
      } catch {
        // The exchange is being started again: nothing is true of a market that is not there.
      }
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  async end(): Promise<void> {
    this.#asking = false;
    await this.#done;
  }

  /** Waits until the market was looked at once more, unless it is gone: what is on screen may be newer than the last look. */
  async reach(time: number): Promise<void> {
    for (let tries = 0; tries < 20 && (this.#past.at(-1)?.at ?? 0) < time; tries += 1) {
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
  }

  /** How long ago it was last so, for a message. */
  last(symbol: string, price: number, now: number): string {
    const found = this.#past.findLast(({ prices }) => {
      const [low, high] = prices[symbol] ?? [];
      return Number(low) <= price && price <= Number(high);
    });
    return found ? `so ${((now - found.at) / 1_000).toFixed(1)} s ago` : "never so";
  }

  /**
   * The lowest and the highest price that were true in a stretch of time; none where the market was not there.
   *
   * Each look covers every tick of the last two seconds. What an exchange sent in the moment before it was gone was not looked at
   * again, and it stays on screen: 0.05 % there.
   */
  between(symbol: string, from: number, to: number): [number, number] | undefined {
    const looks = this.#past.filter(({ at }) => at >= from && at <= to);
    if (looks.length === 0) return undefined;
    const gone = looks.some(({ at }, i) => (looks[i + 1]?.at ?? to) - at > GONE_MS);
    const moved = gone ? 0.0005 : 0;
    const ends = looks.flatMap(({ prices }) => prices[symbol] ?? []).map(Number);
    return [Math.min(...ends) * (1 - moved), Math.max(...ends) * (1 + moved)];
  }
}

interface Shown {
  state: string;
  note: string;
  /** Each with the age that it shows of itself, where it is behind the list. */
  rows: { symbol: string; price: string; note: string }[];
}

async function shown(page: Page): Promise<Shown> {
  return await page.evaluate(() => {
    const card = document.querySelector<HTMLElement>(".card.scores");
    return {
      state: card?.dataset.state ?? "",
      note: card?.querySelector(".age")?.textContent ?? "",
      rows: [...document.querySelectorAll(".card.scores tbody tr")].map((row) => {
        const price = row.querySelector(".c-price .n");
        return {
          symbol: row.querySelector("a")?.textContent?.trim() ?? "",
          price: price?.getAttribute("title") ?? price?.textContent ?? "",
          note: row.querySelector(".c-price .old")?.textContent ?? "",
        };
      }),
    };
  });
}

/** The age that a card shows, in milliseconds: `45 s old`, `last known, 2 min old`. A fresh one is at most 5 s old. */
function age_ms(note: string): number {
  const found = /(\d+) (s|min|h) old/.exec(note);
  if (!found) return 0;
  return Number(found[1]) * { s: 1_000, min: 60_000, h: 3_600_000 }[found[2] as "s" | "min" | "h"];
}

async function set(venue: Running, faults: string[]): Promise<void> {
  const url = `${venue.url}/sim/faults`;
  await fetch(url, { method: "DELETE" });
  if (faults.length === 0) return;
  const body = JSON.stringify({ faults });
  const answer = await fetch(url, { method: "POST", headers: { "content-type": "application/json" }, body });
  expect(answer.status, await answer.text()).toBe(200);
}

test(`${WEATHER.length} kinds of weather, ${SECONDS} s each: no price on screen that was not true at its time`, async ({
  page,
}) => {
  test.setTimeout(WEATHER.length * (SECONDS + 150) * 1_000);
  const port = await freePort();
  let venue = await exchange(port, SYMBOLS);
  const server = await virtuoso(["--source", "bybit", "--config", pointedAt(port, "requests_per_second = 100")]);
  const truth = new Truth(() => port);
  let held = 0;
  let weather = "fine";
  const wrong: string[] = [];

  /** Holds what is on screen against the truth. Says the card's state. */
  const look = async (): Promise<string> => {
    const now = Date.now();
    const { state, note, rows } = await shown(page);
    const seen = Date.now();
    await truth.reach(seen);
    for (const row of rows) {
      const { symbol, price } = row;
      const age = age_ms(note) + age_ms(row.note);
      // Ages are shown in whole units: one of 2 min may be nearly 3.
      const unit = (note + row.note).includes("min") ? 60_000 : 1_000;
      // It may be newer than it is shown: a clock that goes wrong makes figures older, never younger.
      const range = truth.between(symbol, now - age - unit - STILL_MS - SLACK_MS, seen + GONE_MS);
      if (range === undefined || price === "") continue;
      const value = Number(price.replaceAll(",", ""));
      const [low, high] = range;
      held += 1;
      if (!(value >= low && value <= high)) {
        const last = truth.last(symbol, value, now);
        wrong.push(`${weather}: ${symbol} ${price} (${state}, ${note}, ${row.note}), ${last}: ${low} to ${high}`);
      }
    }
    return state;
  };
  const look_for = async (seconds: number): Promise<Set<string>> => {
    const states = new Set<string>();
    const end = Date.now() + seconds * 1_000;
    while (Date.now() < end) {
      states.add(await look());
      await new Promise((resolve) => setTimeout(resolve, 1_000));
    }
    return states;
  };
  const heals = async (what: string): Promise<number> => {
    const began = Date.now();
    await expect
      .poll(
        async () => {
          const state = await look();
          const ready = (await fetch(`${server.url}/readyz`)).status;
          const { data } = (await (await fetch(`${server.url}/api/v1/health`)).json()) as {
            data: { symbols_ready: number; symbols_total: number };
          };
          return `${state} ${ready} ${data.symbols_total - data.symbols_ready} to load`;
        },
        { timeout: 120_000, message: `${what} heals` },
      )
      .toBe("fresh 200 0 to load");
    return Date.now() - began;
  };

  try {
    await scored(server, 15);
    await page.goto(`${server.url}/scores`);
    await live(page);
    await heals("the start");
    for (const { fault, goes_on } of WEATHER) {
      held = 0;
      weather = fault;
      await set(venue, [`${fault}@${SECONDS}s`]);
      const states = await look_for(SECONDS);
      const healed = await heals(fault);
      console.log(
        `${fault.padEnd(18)} ${[...states].join(", ").padEnd(24)} ${held} prices held against the market, ` +
          `healed ${(healed / 1_000).toFixed(1)} s after it ended, ${wrong.length} wrong so far`,
      );
      if (!goes_on && SECONDS >= 15) expect(states, `${fault} shows`).toContain("stale");
      expect(held, `${fault}: something was held against the market`).toBeGreaterThan(0);
    }
    await venue.stop("SIGKILL");
    expect(await look_for(Math.min(SECONDS, 20)), "an exchange that is gone shows").toContain("stale");
    venue = await exchange(port, SYMBOLS);
    console.log(`exchange restarted  healed after ${((await heals("the restart")) / 1_000).toFixed(1)} s`);
  } finally {
    await truth.end();
    for (const process of [server, venue]) await process.stop();
  }
  expect(wrong.slice(0, 20), "prices that were never so").toEqual([]);
});
