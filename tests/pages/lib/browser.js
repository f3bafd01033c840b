// Chromium, and a check that its pages do nothing forbidden.
"use strict";

const assert = require("node:assert/strict");
const path = require("node:path");
const { chromium } = require("playwright-core");
const faultline = require("./faultline.js");

// Switches off Chromium's background requests, which a closed network would refuse, many at a time.
const QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const HARMLESS = ["--disable-component-update", "--disable-sync", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];
// Maximum time for anything on a page, in milliseconds. A machine may be slow.
const PATIENCE = 45_000;

// Starts a browser, lets `use` work with it, and closes it.
exports.withBrowser = async (use) => {
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: [...QUIET, ...HARMLESS] });
  try {
    await use(browser);
  } finally {
    await browser.close();
  }
};

// Opens a page for a new visitor. `watch.clean()` fails if the page did anything forbidden: a request to another
// origin, a violation of its policy, an error, or an unexpected dialog.
exports.visitor = async (browser, options = {}) => {
  const context = await browser.newContext({ baseURL: faultline.url, viewport: { width: 1280, height: 900 }, ...options });
  context.setDefaultTimeout(PATIENCE);
  const watch = { wrong: [], dialogs: [], expected: [] };
  await context.route(
    (url) => url.origin !== faultline.url,
    (route) => {
      watch.wrong.push(`a request to elsewhere: ${route.request().url()}`);
      return route.abort();
    },
  );
  if (options.javaScriptEnabled !== false) {
    // Through the DevTools protocol, so that the pages' policy does not get in the way.
    await context.addInitScript(() => {
      globalThis.violations = [];
      document.addEventListener("securitypolicyviolation", (event) => {
        globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
      globalThis.shifted = 0;
      new PerformanceObserver((list) => {
        for (const entry of list.getEntries()) if (!entry.hadRecentInput) globalThis.shifted += entry.value;
      }).observe({ type: "layout-shift", buffered: true });
    });
  }
  const page = await context.newPage();
  page.on("console", (line) => {
    const isExpected = watch.expected.some((text) => line.text().includes(text));
    if (line.type() === "error" && !isExpected) watch.wrong.push(`on the console of ${page.url()}: ${line.text()}`);
  });
  page.on("pageerror", (error) => watch.wrong.push(`a script of ${page.url()} failed: ${error.message}`));
  page.on("dialog", async (dialog) => {
    const answer = watch.dialogs.shift();
    if (!answer) watch.wrong.push(`a dialog on ${page.url()}: ${dialog.message()}`);
    await (answer === "accept" ? dialog.accept() : dialog.dismiss());
  });
  watch.clean = async () => {
    if (options.javaScriptEnabled !== false) {
      const violations = await page.evaluate(() => globalThis.violations);
      watch.wrong.push(...violations.map((violation) => `the policy was violated: ${violation}`));
    }
    assert.ok(watch.wrong.length === 0, watch.wrong.join("\n"));
  };
  return { context, page, watch };
};

exports.signIn = async (page, key = faultline.adminKey) => {
  await page.goto("/sign-in");
  await page.getByLabel("Key", { exact: true }).fill(key);
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.getByRole("heading", { name: "Projects", level: 1 }).waitFor();
};

// Runs the steps of a chapter one after the other. The first failure ends it, and leaves a screenshot.
exports.steps = (t, page) => async (name, step) => {
  try {
    await step();
    t.diagnostic(`saw: ${name}`);
  } catch (error) {
    const file = path.join(process.env.FAULTLINE_SCREENSHOTS, `failed-${t.name.replace(/\W+/g, "-")}.png`);
    await page.screenshot({ path: file, fullPage: true }).catch(() => {});
    throw new Error(`${name}: failed at ${page.url()}, picture in ${file}`, { cause: error });
  }
};
