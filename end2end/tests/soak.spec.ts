// A market of full size for some minutes, with the dashboard open: `make soak`. What it measures is printed, minute by minute.

import { type Browser, expect, test } from "@playwright/test";

import { type Running, exchange, freePort, pointedAt, scored, virtuoso } from "../fixtures/process.ts";
import { live } from "../fixtures/test.ts";

import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";

const MINUTES = Number(process.env.SOAK_MINUTES ?? 0);
const SYMBOLS = Number(process.env.SOAK_SYMBOLS ?? 600);
/** How many times as many messages as usual the market sends. */
const ACTIVITY = Number(process.env.SOAK_ACTIVITY ?? 1);
/** The processor that the server is kept to, where one is named: what is sustained then is sustained on one core. */
const CORE = process.env.SOAK_CORE;
/** Loading, first scores and full windows of trades; what comes after counts. */
const WARM_UP_MINUTES = 5;
/** Samples differ by half a megabyte to and fro: over fewer minutes a slope is reported, not judged. */
const SLOPE_MINUTES = 20;
const MB = 1024 * 1024;

test.skip(MINUTES === 0, "takes minutes: make soak SOAK_MINUTES=10");

interface Sample {
  minute: number;
  resident_mb: number;
  cpu_share: number;
  messages_per_s: number;
  dropped: number;
  reconnects: number;
  malformed: number;
  scored: number;
  scan_ms: number;
  handled_p99_ms_below: number;
  lag_p99_ms_below: number;
  tab_mb: number;
  tab_process_mb: number;
  stream_kb_per_s: number;
}

/** Resident memory in bytes, and processor time used so far in seconds. */
function usage({ child }: Running): { resident: number; cpu_s: number } {
  const status = readFileSync(`/proc/${child.pid}/status`, "utf8");
  const resident = Number(/^VmRSS:\s+(\d+) kB/m.exec(status)?.[1]) * 1024;
  // After the name in brackets, which may hold spaces, user and system time are the 12th and 13th field, in hundredths of a second.
  const fields = readFileSync(`/proc/${child.pid}/stat`, "utf8").split(") ")[1]?.split(" ") ?? [];
  return { resident, cpu_s: (Number(fields[11]) + Number(fields[12])) / 100 };
}

/** How many events took at most how many seconds, since the start. */
type Delays = Map<number, number>;

/** From reading an event's message to a window (what the server takes), and from the exchange's clock to a window. */
async function delays(running: Running): Promise<{ handling: Delays; lag: Delays }> {
  const text = await (await fetch(`${running.url}/metrics`)).text();
  const delay = (name: string): Delays => {
    const found = text.matchAll(new RegExp(`^market_event_${name}_seconds_bucket\\{le="([^"]+)"\\} (\\d+)$`, "gm"));
    return new Map([...found].map(([, edge, count]) => [edge === "+Inf" ? Infinity : Number(edge), Number(count)]));
  };
  return { handling: delay("handling"), lag: delay("lag") };
}

/** The edge in ms that 99 of 100 of the events between two looks stayed below. */
function p99(before: Delays, now: Delays): number {
  const counts = [...now].map(([edge, count]) => [edge, count - (before.get(edge) ?? 0)] as const);
  const all = counts.at(-1)?.[1] ?? 0;
  return 1_000 * (counts.find(([, count]) => count >= 0.99 * all)?.[0] ?? Number.NaN);
}

/** How much a value grows from sample to sample, by least squares. */
function slopeOf(values: number[]): number {
  const [middle, mean] = [(values.length - 1) / 2, values.reduce((sum, value) => sum + value, 0) / values.length];
  const across = values.reduce((sum, value, at) => sum + (at - middle) * (value - mean), 0);
  return across / values.reduce((sum, _, at) => sum + (at - middle) ** 2, 0);
}

/** Resident memory of the process that draws the page, in bytes: its scripts' heap, its WebAssembly and what it has drawn. */
async function drawing(browser: Browser): Promise<number> {
  const cdp = await browser.newBrowserCDPSession();
  const { processInfo } = await cdp.send("SystemInfo.getProcessInfo");
  await cdp.detach();
  const resident = ({ id }: { id: number }) => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${id}/status`, "utf8"))?.[1]) * 1024;
  return Math.max(...processInfo.filter(({ type }) => type === "renderer").map(resident));
}

interface Health {
  data: {
    symbols_ready: number;
    symbols_total: number;
    scan_took_ms: number | null;
    streams: { messages: number; malformed: number; dropped: number; reconnects: number };
  };
}

async function health(running: Running): Promise<Health["data"]> {
  return ((await (await fetch(`${running.url}/api/v1/health`)).json()) as Health).data;
}

test(`${SYMBOLS} symbols for ${MINUTES} minutes: each second a scan, nothing dropped, memory flat`, async ({ page, browser }) => {
  test.setTimeout((MINUTES + 8) * 60_000);
  const port = await freePort();
  const venue = await exchange(port, SYMBOLS, ACTIVITY);
  const began = Date.now();
  const server = await virtuoso(["--source", "bybit", "--config", pointedAt(port, "requests_per_second = 100")]);
  if (CORE !== undefined) execFileSync("taskset", ["-apc", CORE, `${server.child.pid}`]);
  const samples: Sample[] = [];
  try {
    await scored(server, 15);
    console.log(`first 15 scores after ${((Date.now() - began) / 1_000).toFixed(1)} s`);
    await expect.poll(async () => (await health(server)).symbols_ready, { timeout: 240_000 }).toBe(SYMBOLS);
    console.log(`all ${SYMBOLS} loaded after ${((Date.now() - began) / 1_000).toFixed(1)} s`);
    const cdp = await page.context().newCDPSession(page);
    await cdp.send("Performance.enable");
    let streamed = 0;
    await cdp.send("Network.enable");
    cdp.on("Network.dataReceived", ({ encodedDataLength }) => {
      // As it went over the wire.
      streamed += encodedDataLength;
    });
    await page.goto(`${server.url}/scores`);
    await live(page);
    let [before, streamed_before, count] = [usage(server), streamed, (await health(server)).streams.messages];
    let late = await delays(server);
    for (let minute = 1; minute <= MINUTES; minute += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      const [now, report, delayed] = [usage(server), await health(server), await delays(server)];
      const { metrics } = await cdp.send("Performance.getMetrics");
      const list = (await (await fetch(`${server.url}/api/dashboard/mobile-data?limit=0`)).json()) as {
        confluence_scores: unknown[];
      };
      const sample: Sample = {
        minute,
        resident_mb: now.resident / MB,
        cpu_share: (now.cpu_s - before.cpu_s) / 60,
        messages_per_s: (report.streams.messages - count) / 60,
        dropped: report.streams.dropped,
        reconnects: report.streams.reconnects,
        malformed: report.streams.malformed,
        scored: list.confluence_scores.length,
        scan_ms: report.scan_took_ms ?? Number.NaN,
        handled_p99_ms_below: p99(late.handling, delayed.handling),
        lag_p99_ms_below: p99(late.lag, delayed.lag),
        tab_mb: (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN) / MB,
        tab_process_mb: (await drawing(browser)) / MB,
        stream_kb_per_s: (streamed - streamed_before) / 60 / 1024,
      };
      [before, streamed_before, count, late] = [now, streamed, report.streams.messages, delayed];
      samples.push(sample);
      console.log(
        Object.entries(sample)
          .map(([name, value]: [string, number]) => `${name} ${Number.isInteger(value) ? value : value.toFixed(2)}`)
          .join(", "),
      );
      const { as_of } = (await (await fetch(`${server.url}/api/v1/signals?limit=1`)).json()) as { as_of: number };
      expect(Date.now() - as_of, "the scan of each second").toBeLessThan(5_000);
    }
  } finally {
    for (const process of [server, venue]) await process.stop();
  }
  const last = samples.at(-1);
  expect(last?.dropped, "dropped").toBe(0);
  expect(last?.malformed, "malformed").toBe(0);
  expect(Math.max(...samples.map(({ handled_p99_ms_below }) => handled_p99_ms_below)), "handled, ms").toBeLessThanOrEqual(50);
  const warm = samples.filter(({ minute }) => minute > WARM_UP_MINUTES).map(({ resident_mb }) => resident_mb);
  if (warm.length > 1) {
    const slope = 10 * slopeOf(warm);
    console.log(`memory after warm-up: ${Math.max(...warm).toFixed(0)} MB at most, slope ${slope.toFixed(1)} MB in 10 min`);
    if (SYMBOLS <= 600) expect(Math.max(...warm), "resident, MB").toBeLessThanOrEqual(150);
    if (warm.length >= SLOPE_MINUTES) expect(slope, "MB in 10 min").toBeLessThan(1);
  }
});
