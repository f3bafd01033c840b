// The faultline under test: its address, the API that the chapters need, and applications that send to it.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const { spawn } = require("node:child_process");

const ready = JSON.parse(fs.readFileSync(process.env.FAULTLINE_READY, "utf8"));
exports.url = ready.url;
exports.adminKey = ready.adminKey;

exports.call = async (method, place, body) => {
  const answer = await fetch(exports.url + place, {
    method,
    headers: { "x-api-key": exports.adminKey },
    body: body && JSON.stringify(body),
    signal: AbortSignal.timeout(30_000),
  });
  const said = await answer.json();
  if (!answer.ok) throw new Error(`${method} ${place}: ${answer.status} ${said.message}`);
  return said.data;
};

// Asks until `condition` returns something. A failure names what was waited for.
exports.until = async (what, condition, seconds = 60) => {
  const end = Date.now() + seconds * 1000;
  for (;;) {
    const answer = await condition();
    if (answer) return answer;
    if (Date.now() > end) throw new Error(`waited ${seconds} s for this: ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
};

exports.project = async (name) => (await exports.call("POST", "/projects", { name })).project;
exports.errors = async (project) => (await exports.call("GET", `/projects/${project}/errors?limit=100`)).errors;
exports.seen = (project, count) =>
  exports.until(`${count} events in ${project}`, async () => {
    const errors = await exports.errors(project);
    return errors.reduce((sum, error) => sum + error.count, 0) >= count && errors;
  });

// Runs the shop once, which sends one error of the kind `what` with the SDK.
exports.sendFromShop = (dsn, what, number, release) =>
  new Promise((resolve, reject) => {
    const shop = path.join(__dirname, "../shop/till.js");
    const env = { ...process.env, SENTRY_DSN: dsn, SENTRY_RELEASE: release };
    const child = spawn(process.execPath, [shop, what, String(number)], { env, timeout: 90_000, stdio: "pipe" });
    let said = "";
    child.stdout.on("data", (text) => (said += text));
    child.stderr.on("data", (text) => (said += text));
    child.on("error", reject);
    child.on("close", (code) => (code === 0 ? resolve() : reject(new Error(`the shop ended with ${code}: ${said}`))));
  });

// Posts an event with files, each with `name`, `type` and `content`, as an SDK does.
exports.attach = async (dsn, event, files) => {
  const { username, host, pathname } = new URL(dsn);
  const parts = [JSON.stringify({}), JSON.stringify({ type: "event" }), JSON.stringify(event)].map((line) => `${line}\n`);
  for (const { name, type, content } of files) {
    const bytes = Buffer.from(content);
    const head = { type: "attachment", length: bytes.length, filename: name, content_type: type };
    parts.push(`${JSON.stringify(head)}\n`, bytes, "\n");
  }
  const answer = await fetch(`http://${host}/api${pathname}/envelope/`, {
    method: "POST",
    headers: { "x-sentry-auth": `Sentry sentry_version=7, sentry_key=${username}` },
    body: Buffer.concat(parts.map((part) => Buffer.from(part))),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`the event was refused: ${answer.status} ${await answer.text()}`);
};

// Posts an event unchanged, as a client of the Sentry protocol without an SDK does.
exports.post = async (dsn, event) => {
  const { username, host, pathname } = new URL(dsn);
  const answer = await fetch(`http://${host}/api${pathname}/store/`, {
    method: "POST",
    headers: { "x-sentry-auth": `Sentry sentry_version=7, sentry_key=${username}`, "content-type": "application/json" },
    body: typeof event === "string" ? event : JSON.stringify(event),
    signal: AbortSignal.timeout(30_000),
  });
  if (!answer.ok) throw new Error(`the event was refused: ${answer.status} ${await answer.text()}`);
};
