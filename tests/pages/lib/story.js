// What a person does with the pages by clicking and typing. Nothing here needs JavaScript.
"use strict";

const assert = require("node:assert/strict");
const faultline = require("./faultline.js");

const button = (page, name) => page.getByRole("button", { name, exact: true });
const status = (page) => page.getByRole("status");

exports.makeProject = async (page, name) => {
  await page.getByLabel("Name", { exact: true }).fill(name);
  await button(page, "Create").click();
  await page.getByRole("heading", { name: `Connect ${name}` }).waitFor();
  await status(page).getByText("Waiting for the first event").waitFor();
};

// Returns the project's DSN that the page shows.
exports.dsn = async (page) => {
  const dsn = await page.locator("#dsn").textContent();
  assert.match(dsn, /^http:\/\/\w+@127\.0\.0\.1:\d+\/\d+$/);
  return dsn;
};

exports.tab = (page, name) => page.getByRole("navigation", { name: "Status" }).getByRole("link", { name, exact: true }).click();

exports.row = (page, title) => page.getByRole("row").filter({ has: page.getByRole("link", { name: title, exact: true }) });

exports.open = async (page, title) => {
  await exports.row(page, title).getByRole("link", { name: title, exact: true }).click();
  await page.getByRole("heading", { level: 1, name: title }).waitFor();
};

exports.search = async (page, text) => {
  await page.getByRole("searchbox").fill(text);
  await button(page, "Search").click();
  await page.waitForURL((url) => url.searchParams.get("q") === text);
};

// Returns the names of the errors in a list.
exports.listed = (page) => page.locator("[data-row] .what > a").allTextContents();

// Checks that the frame that raised the error is open, and shows its code and variables.
exports.seeStack = async (page) => {
  const open = page.locator(".frames details[open]");
  assert.equal(await open.count(), 1, "one frame is open");
  await open.getByText("priceOf", { exact: false }).first().waitFor();
  const line = open.locator("li[aria-current]");
  assert.match(await line.textContent(), /throw new RangeError/);
  assert.ok(await line.isVisible(), "the line that raised the error is visible");
  const variable = open.getByRole("row").filter({ hasText: "item" }).first();
  assert.match(await variable.textContent(), /chair/);
};

// Does one of an error's actions, and sees that the page says so.
exports.act = async (page, name, said = "Changes saved.") => {
  await button(page, name).click();
  await status(page).getByText(said).waitFor();
};

exports.hasMark = (page, word) => page.locator("main .head .mark").getByText(word, { exact: true }).waitFor();
exports.hasHistory = (page, text) => page.locator(".history li").filter({ hasText: text }).first().waitFor();

exports.mute = async (page) => {
  await page.getByLabel("Mute for", { exact: true }).selectOption("for a day");
  await exports.act(page, "Mute");
  await exports.hasMark(page, "muted");
  await exports.hasHistory(page, "muted it until");
};

exports.comment = async (page, text) => {
  await page.getByLabel("Comment", { exact: true }).fill(text);
  await exports.act(page, "Comment", "Comment added.");
  await exports.hasHistory(page, text);
};

exports.assign = async (page, who) => {
  await page.getByLabel("Assigned to", { exact: true }).fill(who);
  await exports.act(page, "Assign");
  await exports.hasHistory(page, `assigned it to ${who}`);
};

// Merges the selected errors of a list, checks that one is left, and unmerges them.
exports.mergeAndUndo = async (page, count) => {
  await exports.act(page, "Merge", "Merged");
  const left = await exports.listed(page);
  assert.equal(left.length, 1, `one error is left of ${count}: ${left}`);
  await exports.open(page, left[0]);
  await page.getByRole("heading", { name: "Merged errors" }).waitFor();
  await exports.act(page, "Unmerge");
  assert.equal(await page.getByRole("heading", { name: "Merged errors" }).count(), 0);
  await page.getByRole("navigation", { name: "Main" }).getByRole("link", { name: "Projects" }).click();
  await page.getByRole("heading", { name: "Projects", level: 1 }).waitFor();
};

exports.signOut = async (page) => {
  await button(page, "Sign out").click();
  await page.getByRole("heading", { name: "Sign in" }).waitFor();
};

// The shop's events must be processed before a page is opened.
exports.sendAndSee = async (dsn, project, what, number, release, count) => {
  await faultline.sendFromShop(dsn, what, number, release);
  return faultline.seen(project, count);
};
