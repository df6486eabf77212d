// A market of full size for some minutes, with the dashboard open: `make soak`. What it measures is printed, minute by minute.

import { expect, test } from "@playwright/test";

import { type Running, at, exchange, freePort, scored, virtuoso } from "../fixtures/process.ts";
import { live } from "../fixtures/test.ts";

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";

const MINUTES = Number(process.env.SOAK_MINUTES ?? 0);
const SYMBOLS = Number(process.env.SOAK_SYMBOLS ?? 600);
/** How many times as many messages as usual the market sends. */
const ACTIVITY = Number(process.env.SOAK_ACTIVITY ?? 1);
/** The processor that the server is kept to, where one is named: what is sustained then is sustained on one core. */
const CORE = process.env.SOAK_CORE;
/** Loading, first scores and full windows of trades; what comes after counts. */
const WARM_UP_MINUTES = 3;
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
  lag_p99_ms: number;
  tab_mb: number;
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

/** A figure of /metrics, by the beginning of its line. */
async function metric(running: Running, line: string): Promise<number> {
  const text = await (await fetch(`${running.url}/metrics`)).text();
  const found = text.split("\n").find((candidate) => candidate.startsWith(line));
  return found === undefined ? Number.NaN : Number(found.split(" ").at(-1));
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

test(`${SYMBOLS} symbols for ${MINUTES} minutes: each second a scan, nothing dropped, memory flat`, async ({ page }) => {
  test.setTimeout((MINUTES + 8) * 60_000);
  const port = await freePort();
  const venue = await exchange(port, SYMBOLS, ACTIVITY);
  const file = path.join(mkdtempSync(path.join(tmpdir(), "virtuoso-")), "virtuoso.toml");
  const settings = Object.entries(at(port)).map(([key, value]) => `${key} = "${value}"`);
  writeFileSync(file, ["[venue]", ...settings, "requests_per_second = 100", ""].join("\n"));
  const began = Date.now();
  const server = await virtuoso(["--source", "bybit", "--config", file]);
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
    cdp.on("Network.dataReceived", ({ dataLength }) => {
      streamed += dataLength;
    });
    await page.goto(`${server.url}/scores`);
    await live(page);
    let [before, streamed_before, count] = [usage(server), streamed, (await health(server)).streams.messages];
    for (let minute = 1; minute <= MINUTES; minute += 1) {
      await new Promise((resolve) => setTimeout(resolve, 60_000));
      const [now, told] = [usage(server), await health(server)];
      const { metrics } = await cdp.send("Performance.getMetrics");
      const list = (await (await fetch(`${server.url}/api/dashboard/mobile-data?limit=0`)).json()) as {
        confluence_scores: unknown[];
      };
      const sample: Sample = {
        minute,
        resident_mb: now.resident / MB,
        cpu_share: (now.cpu_s - before.cpu_s) / 60,
        messages_per_s: (told.streams.messages - count) / 60,
        dropped: told.streams.dropped,
        reconnects: told.streams.reconnects,
        malformed: told.streams.malformed,
        scored: list.confluence_scores.length,
        scan_ms: told.scan_took_ms ?? Number.NaN,
        lag_p99_ms: 1_000 * (await metric(server, 'market_event_lag_seconds{quantile="0.99"}')),
        tab_mb: (metrics.find(({ name }) => name === "JSHeapUsedSize")?.value ?? Number.NaN) / MB,
        stream_kb_per_s: (streamed - streamed_before) / 60 / 1024,
      };
      [before, streamed_before, count] = [now, streamed, told.streams.messages];
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
  const warm = samples.filter(({ minute }) => minute > WARM_UP_MINUTES).map(({ resident_mb }) => resident_mb);
  if (warm.length > 1) {
    const slope = (((warm.at(-1) ?? 0) - (warm[0] ?? 0)) / (warm.length - 1)) * 10;
    console.log(`memory after warm-up: ${Math.max(...warm).toFixed(0)} MB at most, slope ${slope.toFixed(1)} MB in 10 min`);
  }
});
