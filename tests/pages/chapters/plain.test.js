// The same walk without JavaScript: links and forms are enough.
"use strict";

const assert = require("node:assert/strict");
const { test } = require("node:test");
const { withBrowser, visitor, signIn, steps } = require("../lib/browser.js");
const faultline = require("../lib/faultline.js");
const story = require("../lib/story.js");

const PROJECT = "plain";

test("everything works without JavaScript", { timeout: 360_000 }, (t) =>
  withBrowser(async (browser) => {
    const { page, watch } = await visitor(browser, { javaScriptEnabled: false });
    const step = steps(t, page);
    let dsn;

    await step("signs in and creates a project", async () => {
      await signIn(page);
      await story.makeProject(page, PROJECT);
      dsn = await story.dsn(page);
      assert.ok(!(await page.locator("[data-copy]").first().isVisible()), "there is no button that does nothing");
    });
    await step("sends an event, and sees that it arrived", async () => {
      await story.sendAndSee(dsn, PROJECT, "price", 1, "shop@1.0", 1);
      await page.goto(`/projects/${PROJECT}/connect`);
      await page.getByText("Events are arriving.").waitFor();
      await page.getByRole("link", { name: "View errors" }).click();
    });
    await step("finds the error, and sees the frame that raised", async () => {
      await story.search(page, "price");
      assert.deepEqual(await story.listed(page), ["RangeError"]);
      await story.open(page, "RangeError");
      await story.seeStack(page);
    });
    await step("resolves it, and sees it come back", async () => {
      await story.act(page, "Resolve");
      await story.hasMark(page, "resolved");
      await story.sendAndSee(dsn, PROJECT, "price", 2, "shop@1.1", 2);
      await page.goto(`/projects/${PROJECT}/errors?status=unresolved`);
      await story.row(page, "RangeError").getByText("regressed", { exact: true }).waitFor();
      await story.open(page, "RangeError");
      await story.hasHistory(page, "caused a regression in shop@1.1");
    });
    await step("mutes, assigns, comments", async () => {
      await story.mute(page);
      await story.assign(page, "ada@shop.example");
      await story.comment(page, "written without a script");
      await story.act(page, "Unmute");
    });
    await step("steps through its occurrences", async () => {
      const steps = page.getByRole("navigation", { name: "Occurrences" });
      await steps.getByRole("link", { name: "older" }).click();
      await steps.getByRole("link", { name: "newer" }).click();
      await page.getByRole("heading", { level: 1, name: "RangeError" }).waitFor();
    });
    await step("merges two errors, and unmerges them", async () => {
      await story.sendAndSee(dsn, PROJECT, "stock", 1, "shop@1.1", 3);
      await page.goto(`/projects/${PROJECT}/errors`);
      for (const box of await page.locator("[data-row] input[type=checkbox]").all()) await box.check();
      await story.mergeAndUndo(page, 2);
    });
    await step("deletes one, and signs out", async () => {
      await page.goto(`/projects/${PROJECT}/errors`);
      await story.open(page, "TypeError");
      await page.getByRole("button", { name: "Delete" }).click();
      // Without JavaScript, a page asks for confirmation instead of a dialog.
      await page.getByRole("heading", { level: 1, name: "Are you sure?" }).waitFor();
      await page.getByRole("button", { name: "Delete" }).click();
      await page.getByRole("status").getByText("Deleted.").waitFor();
      assert.deepEqual((await faultline.errors(PROJECT)).map((error) => error.type), ["RangeError"]);
      await story.signOut(page);
    });
    await watch.clean();
  }),
);
