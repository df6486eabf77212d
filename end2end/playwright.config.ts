import { defineConfig, devices } from "@playwright/test";

const launchOptions = {
  executablePath: process.env.CHROMIUM_PATH ?? "/usr/bin/chromium",
  args: [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
  ],
};

const phone = {
  ...devices["Pixel 5"],
  viewport: { width: 390, height: 844 },
  screen: { width: 390, height: 844 },
  launchOptions,
};

export default defineConfig({
  testDir: "./tests",
  timeout: 150_000,
  expect: { timeout: 20_000 },
  fullyParallel: true,
  forbidOnly: process.env.CI === "true",
  retries: 0,
  workers: 2,
  globalSetup: "./fixtures/market.ts",
  reporter: [["list"], ["./fixtures/last-words.ts"]],
  use: { trace: "retain-on-failure", serviceWorkers: "block" },
  projects: [
    { name: "phone", use: phone },
    {
      name: "desktop",
      use: { ...devices["Desktop Chrome"], launchOptions },
      testMatch: ["first-paint.spec.ts", "live.spec.ts", "accessible.spec.ts", "screenshots.spec.ts"],
    },
  ],
});
