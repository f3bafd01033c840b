// A person's walk through the pages, from signing in to signing out, with keyboard shortcuts.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { withBrowser, visitor, signIn, steps } = require("../lib/browser.js");
const faultline = require("../lib/faultline.js");
const story = require("../lib/story.js");

const PROJECT = "shop";

test("a person finds what went wrong, and deals with it", { timeout: 480_000 }, (t) =>
  withBrowser(async (browser) => {
    const { context, page, watch } = await visitor(browser);
    await context.grantPermissions(["clipboard-read", "clipboard-write"], { origin: faultline.url });
    const step = steps(t, page);
    let dsn;

    await step("signs in", () => signIn(page));
    await step("creates a project, and copies its DSN", async () => {
      await story.makeProject(page, PROJECT);
      dsn = await story.dsn(page);
      await page.locator("[data-copy=dsn]").click();
      assert.equal(await page.evaluate(() => navigator.clipboard.readText()), dsn);
    });
    await step("sends the first event; the waiting page says that it arrived", async () => {
      await faultline.sendFromShop(dsn, "price", 1, "shop@1.0");
      await page.getByText("Events are arriving.").waitFor();
      assert.equal(await story.dsn(page), dsn, "which no other page shows");
    });
    await step("finds it in the list, by search and by tab", async () => {
      await story.sendAndSee(dsn, PROJECT, "stock", 1, "shop@1.0", 2);
      await page.getByRole("link", { name: "View errors" }).click();
      assert.deepEqual((await story.listed(page)).sort(), ["RangeError", "TypeError"]);
      await story.row(page, "RangeError").getByText("new", { exact: true }).waitFor();
      await story.search(page, "price release:shop@1.0");
      assert.deepEqual(await story.listed(page), ["RangeError"]);
      await story.search(page, "nowhere");
      await page.getByText("No errors match this search.").waitFor();
      await story.search(page, "");
      await story.tab(page, "Resolved");
      await page.waitForURL(/status=resolved/);
      assert.deepEqual(await story.listed(page), []);
      await story.tab(page, "Open");
      await page.waitForURL(/status=unresolved/);
    });
    await step("opens it, and sees the frame that raised", async () => {
      await story.open(page, "RangeError");
      await story.seeStack(page);
    });
    await step("copies a text for an agent, and reads the error as Markdown", async () => {
      await page.getByText("Copy for an agent", { exact: true }).click();
      await page.locator("[data-copy=agent]").click();
      const copied = await page.evaluate(() => navigator.clipboard.readText());
      assert.ok(copied.includes(`${page.url().split("?")[0]}\n`) && copied.includes("get_error"), copied);
      await page.getByRole("link", { name: "This error as Markdown" }).click();
      await page.waitForURL(/\.md$/);
      assert.match(await page.locator("body").innerText(), /^# Error [0-9a-f]{32} in project shop/);
      await page.goBack();
    });
    await step("resolves it, and sees it come back", async () => {
      await story.act(page, "Resolve");
      await story.hasMark(page, "resolved");
      await story.hasHistory(page, "resolved it");
      await story.sendAndSee(dsn, PROJECT, "price", 2, "shop@1.1", 3);
      await page.goto(`/projects/${PROJECT}/errors?status=unresolved`);
      await story.row(page, "RangeError").getByText("regressed", { exact: true }).waitFor();
      await story.open(page, "RangeError");
      await story.hasMark(page, "regressed");
      await story.hasHistory(page, "caused a regression in shop@1.1");
    });
    await step("mutes, assigns and comments", async () => {
      await story.mute(page);
      await story.assign(page, "ada@shop.example");
      await story.comment(page, "the price list is incomplete");
      await story.act(page, "Unmute");
    });
    await step("steps through its occurrences, by links and by keys", () => occurrences(page, dsn));
    await step("walks through a list by keys, and merges what it chose", async () => {
      await page.goto(`/projects/${PROJECT}/errors`);
      await keysOfAList(page);
      await story.mergeAndUndo(page, 2);
    });
    await step("reads what the keys are", async () => {
      await page.goto("/");
      await page.keyboard.press("?");
      await page.getByRole("dialog").getByRole("heading", { name: "Keyboard shortcuts" }).waitFor();
      await page.keyboard.press("Escape");
      await page.getByRole("dialog").waitFor({ state: "hidden" });
    });
    await step("deletes an error, but not by mistake", async () => {
      await page.goto(`/projects/${PROJECT}/errors`);
      await story.open(page, "TypeError");
      watch.dialogs.push("dismiss");
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("heading", { level: 1, name: "TypeError" }).waitFor();
      assert.equal((await faultline.errors(PROJECT)).length, 2);
      watch.dialogs.push("accept");
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("status").getByText("Deleted.").waitFor();
      await page.goto(`/projects/${PROJECT}/errors`);
      assert.deepEqual(await story.listed(page), ["RangeError"]);
    });
    await step("signs out, and the back button shows nothing", async () => {
      await watch.clean();
      await story.open(page, "RangeError");
      await story.signOut(page);
      await page.goBack();
      await page.getByRole("heading", { name: "Sign in" }).waitFor();
      assert.doesNotMatch(await page.content(), /RangeError/);
    });
    await watch.clean();
  }),
);

// Which occurrence a page shows.
const event = (page) => page.locator("dt", { hasText: /^Event ID$/ }).locator("+ dd").textContent();

async function occurrences(page, dsn) {
  await story.sendAndSee(dsn, PROJECT, "price", 3, "shop@1.1", 4);
  await page.goto(`/projects/${PROJECT}/errors?status=unresolved`);
  await story.open(page, "RangeError");
  const seen = [await event(page)];
  const steps = page.getByRole("navigation", { name: "Occurrences" });
  const turned = async (act) => {
    const from = page.url();
    await act();
    await page.waitForURL((url) => url.href !== from);
    return event(page);
  };
  seen.push(await turned(() => steps.getByRole("link", { name: "older" }).click()));
  seen.push(await turned(() => page.keyboard.press("[")));
  assert.equal(new Set(seen).size, 3, `three occurrences: ${seen}`);
  assert.equal(await steps.getByRole("link", { name: "older" }).count(), 0, "there is none before the first");
  assert.equal(await turned(() => page.keyboard.press("]")), seen[1]);
  assert.equal(await turned(() => steps.getByRole("link", { name: "newest" }).click()), seen[0]);
  assert.equal(await turned(() => steps.getByRole("link", { name: "oldest" }).click()), seen[2]);
}

async function keysOfAList(page) {
  const here = () => page.locator("[data-row].here .what > a").textContent();
  const names = await story.listed(page);
  assert.equal(names.length, 2);
  await page.keyboard.press("j");
  assert.equal(await here(), names[0]);
  await page.keyboard.press("x");
  await page.keyboard.press("j");
  assert.equal(await here(), names[1]);
  await page.keyboard.press("k");
  assert.equal(await here(), names[0]);
  await page.keyboard.press("j");
  await page.keyboard.press("x");
  assert.equal(await page.locator("[data-row] input:checked").count(), 2);
  await page.keyboard.press("/");
  assert.ok(await page.getByRole("searchbox").evaluate((field) => field === document.activeElement), "`/` focuses the search field");
  await page.keyboard.type("j?x");
  assert.equal(await page.getByRole("searchbox").inputValue(), "j?x", "a key that is typed into a field is text");
}
