// What a phone has to load, over a universe of 600 contracts. `make size` shows it.
//
// The limits are what has been reached; none is raised without a line in the changelog that says for what. The budget of every page is
// 210 KB for all of a first load, of which a page takes 20 KB (brotli). All pages are there but those of code that lives by the tick, where they are what a reader opens first: coming
// from another page, most of their code is there.

import { get } from "node:http";
import { brotliCompressSync, constants, gzipSync } from "node:zlib";

import { type Running, marketOfFullSize } from "../fixtures/process.ts";
import { expect, test } from "../fixtures/test.ts";

/** A page and all that it loads, in bytes with brotli; of those that are not named, `usual`. */
const LIMITS: Record<string, number> = { usual: 132_000, "/scores": 209_000, "/symbol/BTCUSDT": 195_000, "/symbol/BTCUSDT?timeframe=4h": 195_000 };
/** A page alone. */
const PAGE_LIMIT = 20_000;

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
  const line = (cells: (string | number)[]) => cells.map((cell, i) => (i ? `${cell}`.padStart(10) : `${cell}`.padEnd(44))).join("");
  return [line(["", "raw", "gzip", "brotli"]), ...rows.map((row) => line([row.name, row.raw, row.gzip, row.brotli]))].join("\n");
}

test.skip(!process.env.SIZE, "asked for by make size");
test.describe.configure({ mode: "serial" });

let market: Running;

test.beforeAll(async () => {
  test.setTimeout(240_000);
  market = await marketOfFullSize();
});

test.afterAll(async () => {
  await market?.stop();
});

/** The files that a page names; `parts.spec.ts` holds that it loads no other. */
async function named(html: string): Promise<Size[]> {
  const names = new Set([...html.matchAll(/\/edition-\w+\/(?:pkg\/|page)[^"'\s]+\.(?:js|wasm|css)/g)].map((found) => found[0]));
  const files: Size[] = [];
  for (const name of names) {
    const answer = await fetch(market.url + name, { headers: { "accept-encoding": "identity" } });
    const file = sizes(name, Buffer.from(await answer.arrayBuffer()), 11);
    const sent = await wire(market.url + name);
    expect(sent.encoding, name).toBe("br");
    // What is sent is what was compressed beforehand, as small as it can be made; the small script is compressed when it is sent.
    if (name.includes("/pkg/")) expect(sent.bytes, name).toBeLessThanOrEqual(file.brotli * 1.02);
    files.push({ ...file, name: name.replace(/^.*\/(?:pkg\/)?/, "").replace(/\.[\w-]{22}/, ""), brotli: sent.bytes });
  }
  return files;
}

test("every page and all that it loads stay within their limits", async () => {
  const [pages, files] = [new Map<string, Size>(), new Map<string, Size>()];
  for (const path of PAGES) {
    const answer = await fetch(market.url + path, { headers: { "accept-encoding": "identity" } });
    const html = Buffer.from(await answer.arrayBuffer());
    const sent = await wire(market.url + path);
    expect(sent.encoding, path).toBe("br");
    expect(sent.bytes, path).toBeLessThanOrEqual(PAGE_LIMIT);
    const page = { ...sizes(path, html, 4), brotli: sent.bytes };
    const loaded = await named(html.toString());
    for (const kind of ["js", "wasm", "css"]) expect(loaded.map(({ name }) => name).join(" "), path).toContain(`virtuoso.${kind}`);
    for (const file of loaded) files.set(file.name, file);
    const all = [page, ...loaded].reduce((sum, { brotli }) => sum + brotli, 0);
    pages.set(path, { ...page, name: `${path} (all: ${all})` });
    expect.soft(all, path).toBeLessThanOrEqual(LIMITS[path] ?? LIMITS.usual ?? 0);
  }
  console.log(`files, bytes:\n${table([...files.values()])}\npages, bytes, and with all that they load:\n${table([...pages.values()])}`);
});
