// A browser behind the real nginx, which replaces the host: over plain HTTP from another machine it names its page by the origin alone.

import { expect, test } from "@playwright/test";

import { type Nginx, nginx, nginxProgram } from "../fixtures/nginx.ts";
import { type Running, configured, virtuoso } from "../fixtures/process.ts";
import { live } from "../fixtures/test.ts";

const TOKEN = "a-token-that-nobody-guesses";

test.skip(nginxProgram() === undefined, "nginx is not installed");

test.use({
  launchOptions: {
    executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
    args: ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--host-resolver-rules=MAP dash.example.org 127.0.0.1"],
  },
});

let server: Running;
let front: Nginx;

async function start(allowed: string): Promise<void> {
  const file = configured(`[http]\nallowed_hosts = "${allowed}"\n[access]\ntoken = "${TOKEN}"\n`);
  server = await virtuoso(["--source", "sim", "--symbols", "20", "--seed", "7", "--config", file]);
  front = await nginx("nginx-plain", server.port);
}

test.afterEach(async () => {
  await front.stop();
  await server.stop();
});

test("logs in, makes a rule and stays live", async ({ page }) => {
  await start("dash.example.org");
  const sent: Promise<string | undefined>[] = [];
  page.on("request", (request) => {
    if (request.method() === "POST") sent.push(request.allHeaders().then((headers) => headers["sec-fetch-site"]));
  });
  await page.goto(`${front.origin}/alerts`);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page).toHaveURL(`${front.origin}/alerts`);
  const form = page.getByRole("form", { name: "A symbol turns" });
  await form.getByLabel("Symbol").fill("BTCUSDT");
  await form.getByRole("button", { name: "Add" }).click();
  await expect(page).toHaveURL(`${front.origin}/alerts#rules`);
  await expect(page.getByRole("button", { name: "Remove the rule BTCUSDT turns long" })).toBeVisible();
  expect(await Promise.all(sent), "a browser does not say it over plain HTTP").toEqual([undefined, undefined]);
  await page.goto(`${front.origin}/`);
  await live(page);
});

test("a refused form is a page that names both and the setting", async ({ page }) => {
  await start("");
  await page.goto(`${front.origin}/login`);
  await page.getByLabel("Token").fill(TOKEN);
  await page.getByRole("button", { name: "Log in" }).click();
  await expect(page.getByRole("heading", { name: "Not changed" })).toBeVisible();
  await expect(page.getByText(front.origin).first()).toContainText(`127.0.0.1:${server.port}`);
  await expect(page.getByText(`http.allowed_hosts = "${new URL(front.origin).host}"`)).toBeVisible();
});
