// What a person sees while processes come and go. Those make the browser complain, so only the words on screen count here.

import { expect, test } from "@playwright/test";

import { exchange, freePort, memcached, pointedAt, scored, until, virtuoso } from "../fixtures/process.ts";
import { live } from "../fixtures/test.ts";

/** A page shows that memcached is away, or back, within so many ms; seconds more than it takes, for other tests run beside it. */
const NOTICED_MS = 5_000;

/** An exchange that comes back is found soon. */
const PROBES = "probe_every_s = 5";

test("a monitor and a web process over memcached show the same dashboard", async ({ page }) => {
  const cache = await memcached();
  const servers = ["--memcached", `127.0.0.1:${cache.port}`];
  const monitor = await virtuoso([...servers, "--role", "monitor", "--source", "sim", "--symbols", "20", "--seed", "7"]);
  const web = await virtuoso([...servers, "--role", "web"]);
  try {
    await scored(web);
    await page.goto(`${web.url}/scores`);
    await live(page);
    await expect(page.getByText("SIMULATED MARKET:")).toBeVisible();
    await expect(page.locator(".card tbody tr")).toHaveCount(20);
    const row = page.locator("tr", { hasText: "BTCUSDT" });
    await expect
      .poll(async () => {
        const answer = await fetch(`${monitor.url}/api/v1/signals?q=BTCUSDT`);
        const body = (await answer.json()) as { data: { rows: { score: { known?: { value: number } } }[] } };
        const score = body.data.rows[0]?.score.known?.value;
        return score !== undefined && (await row.innerText()).includes(score.toFixed(2));
      })
      .toBe(true);
  } finally {
    for (const process of [web, monitor, cache]) await process.stop();
  }
});

test("memcached frozen, killed and started again: the open page says so at once, and keeps its figures", async ({
  page,
}, info) => {
  test.setTimeout(180_000);
  let cache = await memcached();
  const servers = ["--memcached", `127.0.0.1:${cache.port}`];
  const monitor = await virtuoso([...servers, "--role", "monitor", "--source", "sim", "--symbols", "20", "--seed", "7"]);
  const web = await virtuoso([...servers, "--role", "web"]);
  const took: string[] = [];
  let asking = true;
  let readers: Promise<number[]> = Promise.resolve([]);
  try {
    await scored(web);
    // Readers ask all the while: each gets a list, and none is older than the one before it.
    readers = Promise.all(
      [1, 2, 3, 4].map(async () => {
        let newest = 0;
        let answers = 0;
        while (asking) {
          const answer = await fetch(`${web.url}/api/v1/signals?limit=5`);
          expect(answer.status).toBe(200);
          const { as_of } = (await answer.json()) as { as_of: number };
          expect(as_of).toBeGreaterThanOrEqual(newest);
          newest = as_of;
          answers += 1;
        }
        return answers;
      }),
    );
    await page.goto(`${web.url}/system`);
    await live(page);
    const signals = page.locator(".schemas-table tr", { hasText: "analysis:signals" });
    await expect(page.locator(".card.servers")).toHaveAttribute("data-state", "fresh");
    /** How long the page takes to show that memcached is ill, or that it is well and the list fresh again. */
    const within = async (what: string, expected: "ill" | "well") => {
      const began = Date.now();
      await page.waitForFunction(
        (expected) => {
          const said = document.querySelector(".notices")?.textContent?.includes("Shared cache: no answer since") ?? false;
          const server = document.querySelector<HTMLElement>(".card.servers")?.dataset.state;
          const rows = [...document.querySelectorAll<HTMLElement>(".schemas-table tbody tr")];
          const list = rows.find((row) => row.textContent?.includes("analysis:signals"))?.dataset.state;
          return expected === "ill" ? said && server === "stale" : !said && server === "fresh" && list === "fresh";
        },
        expected,
        { polling: 20, timeout: 15_000 },
      );
      const ms = Date.now() - began;
      took.push(`${what}: ${ms} ms`);
      expect.soft(ms, what).toBeLessThanOrEqual(NOTICED_MS);
    };
    const old = async () => await expect(signals).toHaveAttribute("data-state", "stale", { timeout: 20_000 });

    cache.signal("SIGSTOP");
    await within("frozen", "ill");
    await old();
    cache.signal("SIGCONT");
    await within("thawed", "well");
    await cache.stop("SIGKILL");
    await within("killed", "ill");
    await old();
    cache = await memcached(cache.port);
    await within("started again, empty", "well");
    // The page before had figures all the while, and so has one that is opened now.
    await page.goto(`${web.url}/scores`);
    await expect(page.locator(".card tbody tr")).toHaveCount(20);
  } finally {
    asking = false;
    for (const process of [web, monitor]) await process.stop();
    await cache.stop("SIGKILL");
  }
  took.push(`answers meanwhile: ${(await readers).reduce((sum, answers) => sum + answers, 0)}`);
  info.annotations.push({ type: "measured", description: took.join(", ") });
  console.log(took.join(", "));
});

test("a source that is lost turns figures stale, says so in plain words, and comes back by itself", async ({ page }) => {
  test.setTimeout(180_000);
  const port = await freePort();
  let venue = await exchange(port);
  const server = await virtuoso(["--source", "bybit", "--config", pointedAt(port, PROBES)]);
  try {
    await scored(server);
    await page.goto(`${server.url}/`);
    await live(page);
    const overview = page.locator(".card.overview");
    await expect(overview).toHaveAttribute("data-state", "fresh");
    await venue.stop("SIGKILL");
    await expect(overview).toHaveAttribute("data-state", "stale", { timeout: 20_000 });
    await expect(overview).toContainText(/\d+ s old/);
    await expect(page.locator(".notices")).toContainText(/unreachable/i, { timeout: 20_000 });
    venue = await exchange(port);
    await expect(overview).toHaveAttribute("data-state", "fresh", { timeout: 60_000 });
    await expect(page.locator(".notices")).not.toContainText(/unreachable/i, { timeout: 20_000 });
  } finally {
    for (const process of [server, venue]) await process.stop();
  }
});

test("a server that starts again is found by the open page", async ({ page }) => {
  test.setTimeout(180_000);
  const args = ["--source", "sim", "--symbols", "20", "--seed", "7"];
  let server = await virtuoso(args);
  const port = server.port;
  try {
    await scored(server);
    await page.goto(`${server.url}/`);
    await live(page);
    await server.stop();
    await expect(page.locator("body")).toHaveAttribute("data-stream", "reconnecting");
    server = await virtuoso(args, port);
    await expect(page.locator("body")).toHaveAttribute("data-stream", "open", { timeout: 30_000 });
    await scored(server);
    await expect(page.locator(".card.overview")).toHaveAttribute("data-state", "fresh", { timeout: 20_000 });
  } finally {
    await server.stop();
  }
});

test("an exchange that never answers is said in plain words, and nothing is made up", async ({ page }) => {
  const server = await virtuoso(["--source", "bybit", "--config", pointedAt(await freePort(), PROBES)]);
  try {
    await until(async () => (await (await fetch(`${server.url}/readyz`)).text()).includes("unreachable"), server, 20_000);
    await page.goto(`${server.url}/`);
    await expect(page.locator(".notices")).toContainText(/bybit/i);
    await expect(page.locator(".notices")).toContainText(/unreachable/i);
    await expect(page.locator("main")).not.toContainText(/\d%/);
    expect((await fetch(`${server.url}/readyz`)).status).toBe(503);
  } finally {
    await server.stop();
  }
});
