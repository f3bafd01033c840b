// Encrypts a Slack config as the page's author would, lets the page post it in Chromium, and keeps how the posts
// settled (`settled.json`) and what Slack received (`notified.json`). ../check/v1.py checks both.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { withPage } = require("../browser/chromium.js");
const slack = require("./slack.js");

const { url, adminKey } = JSON.parse(process.env.FAULTLINE_READY);
const dsn = new URL(process.env.SENTRY_DSN);

async function encrypted(config) {
  const options = { method: "POST", headers: { "x-api-key": adminKey }, body: JSON.stringify(config) };
  const answer = await fetch(`${url}/encrypt`, options);
  if (answer.status !== 201) throw new Error(`/encrypt answered ${answer.status}: ${await answer.text()}`);
  return (await answer.json()).data.encrypted;
}

const keep = (name, value) => fs.writeFileSync(path.join(process.env.FAULTLINE_SENT, name), JSON.stringify(value));

async function converse(standIn) {
  const sealed = await encrypted({ type: "slack", endpoint: standIn.endpoint, channel: "#shop" });
  const options = { endpoint: dsn.origin, project: "v1", apiKey: dsn.username, notifications: [sealed] };
  const files = {
    "/": { type: "text/html", text: '<!doctype html><title>A shop</title><script src="/client.js"></script>' },
    "/client.js": { type: "text/javascript", text: fs.readFileSync(path.join(__dirname, "client.js"), "utf8") },
  };
  const settled = {};
  await withPage(files, async (page) => {
    const post = async (name, changed, message) => {
      const call = [{ ...options, ...changed }, message];
      settled[name] = await page.evaluate(([options, message]) => window.post(options, message), call);
    };
    await post("first", {}, "the cart is empty");
    await standIn.count(1);
    // Messages about one error arrive in order: a second message about the first post would arrive before this one.
    await post("again", {}, "the cart is empty");
    await standIn.count(2);
    await post("broken", { notifications: [{ type: "slack", channel: "#shop" }, sealed] }, "the till is shut");
    await standIn.count(3);
    await post("only broken", { notifications: [{ type: "slack", channel: "#shop" }] }, "nobody hears of this");
    await post("unknown key", { apiKey: "wrong" }, "the cart is empty");
  });
  return settled;
}

async function main() {
  const standIn = await slack.start();
  try {
    keep("settled.json", await converse(standIn));
    keep("notified.json", standIn.received);
  } finally {
    standIn.stop();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
