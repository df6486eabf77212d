// What a phone has to load, over a universe of 600 contracts. `make size` shows it.
//
// The limits are what has been reached, and only ever go down. The goal is 150 KB for all of the first load, of which a page
// takes 20 KB (brotli): pages are there, code and styles are not.

import { get } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { type Running, scored, virtuoso } from "../fixtures/process.ts";
import { expect, test } from "../fixtures/test.ts";

/** In bytes, with brotli. */
const LIMITS = { code: 184_000, page: 20_000 };

const PAGES = ["/", "/scores", "/signals", "/alerts", "/symbol/BTCUSDT", "/symbol/BTCUSDT?timeframe=4h", "/beta", "/system", "/guide", "/settings"];

type Size = { name: string; raw: number; gzip: number; brotli: number };

/** The answer as it comes over the wire to a browser that takes brotli. */
function wire(url: string): Promise<{ encoding: string; bytes: number }> {
  return new Promise((resolve, reject) => {
    get(url, { headers: { "accept-encoding": "br" } }, (answer) => {
      let bytes = 0;
      answer.on("data", (chunk: Buffer) => (bytes += chunk.length));
      answer.on("end", () => resolve({ encoding: answer.headers["content-encoding"] ?? "none", bytes }));
      answer.on("error", reject);
    }).on("error", reject);
  });
}

function sizes(name: string, body: Buffer, quality: number): Size {
  const brotli = brotliCompressSync(body, { params: { [constants.BROTLI_PARAM_QUALITY]: quality } }).length;
  return { name, raw: body.length, gzip: gzipSync(body, { level: 9 }).length, brotli };
}

function table(rows: Size[]): string {
  const line = (cells: (string | number)[]) => cells.map((cell, i) => (i ? `${cell}`.padStart(10) : `${cell}`.padEnd(20))).join("");
  return [line(["", "raw", "gzip", "brotli"]), ...rows.map((row) => line([row.name, row.raw, row.gzip, row.brotli]))].join("\n");
}

test.skip(!process.env.SIZE, "asked for by make size");
test.describe.configure({ mode: "serial" });

let market: Running;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  market = await virtuoso(["--source", "sim", "--seed", "7", "--symbols", "600"]);
  // Enough for every list and a page of scores; the quietest contracts take minutes.
  await scored(market, 200, 170_000);
});

test.afterAll(async () => {
  await market?.stop();
});

test("code and styles stay within their limit", async () => {
  const html = await (await fetch(`${market.url}/`)).text();
  const names = new Set([...html.matchAll(/\/pkg\/[^"'\s]+\.(?:js|wasm|css)/g)].map((found) => found[0]));
  const kinds = [...names].map((name) => name.slice(name.lastIndexOf(".") + 1)).sort();
  expect(kinds, [...names].join(" ")).toEqual(["css", "js", "wasm"]);
  const rows: Size[] = [];
  for (const name of names) {
    const answer = await fetch(market.url + name, { headers: { "accept-encoding": "identity" } });
    const row = sizes(name.slice(name.lastIndexOf(".") + 1), Buffer.from(await answer.arrayBuffer()), 11);
    const sent = await wire(market.url + name);
    expect(sent.encoding, name).toBe("br");
    // What is sent is what was compressed beforehand, as small as it can be made.
    rows.push({ ...row, brotli: sent.bytes });
    expect(sent.bytes, name).toBeLessThanOrEqual(row.brotli * 1.02);
  }
  const all: Size = { name: "all", raw: 0, gzip: 0, brotli: 0 };
  for (const row of rows) {
    all.raw += row.raw;
    all.gzip += row.gzip;
    all.brotli += row.brotli;
  }
  console.log(`code and styles, bytes (limit ${LIMITS.code}):\n${table([...rows, all])}`);
  expect(all.brotli).toBeLessThanOrEqual(LIMITS.code);
});

test("every page stays within its limit", async () => {
  const rows: Size[] = [];
  for (const path of PAGES) {
    const answer = await fetch(market.url + path, { headers: { "accept-encoding": "identity" } });
    const row = sizes(path, Buffer.from(await answer.arrayBuffer()), 4);
    const sent = await wire(market.url + path);
    expect(sent.encoding, path).toBe("br");
    rows.push({ ...row, brotli: sent.bytes });
  }
  console.log(`pages, bytes (limit ${LIMITS.page}):\n${table(rows)}`);
  for (const row of rows) expect(row.brotli, row.name).toBeLessThanOrEqual(LIMITS.page);
});
