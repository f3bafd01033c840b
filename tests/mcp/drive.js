// Talks to `POST /mcp` as coding agents do: finds an error, reads it, resolves it, comments on it. See README.md.
"use strict";
const assert = require("node:assert/strict");
const fs = require("node:fs");
const v1 = {
  ...require("@modelcontextprotocol/sdk/client/index.js"),
  ...require("@modelcontextprotocol/sdk/client/streamableHttp.js"),
};
const v2 = require("@modelcontextprotocol/client");

const ready = JSON.parse(fs.readFileSync(process.argv[2], "utf8"));
const base = ready.url;

const CLIENTS = [
  { name: "sdk 1, handshake", sdk: v1, options: {}, version: "2025-11-25" },
  { name: "sdk 2, handshake", sdk: v2, options: { versionNegotiation: { mode: "legacy" } }, version: "2025-11-25" },
  { name: "sdk 2, asks first", sdk: v2, options: { versionNegotiation: { mode: "auto" } }, version: "2026-07-28" },
  { name: "sdk 2, modern only", sdk: v2, options: { versionNegotiation: { mode: { pin: "2026-07-28" } } }, version: "2026-07-28" },
];

async function api(method, path, body) {
  const answer = await fetch(base + path, { method, headers: { "x-api-key": ready.adminKey }, body: body && JSON.stringify(body) });
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${await answer.clone().text()}`);
  return answer.status === 204 ? null : (await answer.json()).data;
}

// Sends an error of a shop, and returns its fingerprint when it is listed.
async function sendError(message) {
  await api("POST", "/projects/sample/errors", { errors: [{ type: "TypeError", message, backtrace: [{ file: "shop/cart.py", function: "total", line: 42 }] }] });
  for (;;) {
    const { errors } = await api("GET", "/projects/sample/errors");
    const found = errors.find((error) => error.message === message);
    if (found) return found.fingerprint;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

async function connect({ sdk, options }, key, url = `${base}/mcp`) {
  const client = new sdk.Client({ name: "faultline-tests", version: "1.0.0" }, options);
  const headers = { Authorization: `Bearer ${key}` };
  await client.connect(new sdk.StreamableHTTPClientTransport(new URL(url), { requestInit: { headers } }));
  return client;
}

async function call(client, name, args) {
  const result = await client.callTool({ name, arguments: args });
  const [{ text }] = result.content;
  return { isError: result.isError === true, text, json: result.isError ? null : JSON.parse(text) };
}

async function converse(one) {
  const message = `no price, seen by ${one.name}`;
  const fingerprint = await sendError(message);
  const [{ key: admin }, { key: reader }] = await Promise.all(
    ["admin", "read"].map(async (role) => (await api("POST", "/keys", { role, project: "sample", name: one.name })).key),
  );
  const client = await connect(one, admin);
  assert.match(client.getInstructions(), /get_error/);
  assert.equal(client.getServerVersion().name, "faultline");
  if (one.sdk === v2) assert.equal(client.getNegotiatedProtocolVersion(), one.version);

  const { tools } = await client.listTools();
  assert.equal(tools.length, 10);
  const found = await call(client, "search_errors", { query: `"${message}"` });
  assert.equal(found.json.facts.errors[0].fingerprint, fingerprint, found.text);
  const shown = await call(client, "get_error", { error: `${base}/projects/sample/errors/${fingerprint}` });
  assert.equal(shown.json.reported.message, message);
  assert.equal(shown.json.reported.exceptions[0].frames[0].file, "shop/cart.py");
  const resolved = await call(client, "update_error", { error: fingerprint, action: "resolve" });
  assert.equal(resolved.json.facts.changed[0].status, "resolved", resolved.text);
  await call(client, "add_comment", { error: fingerprint, text: `Fixed, says ${one.name} ✓` });
  const again = await call(client, "get_error", { error: fingerprint });
  assert.equal(again.json.team.comments[0].text, `Fixed, says ${one.name} ✓`);
  assert.equal(again.json.team.comments[0].by, `${one.name}, by an agent`);
  const wrong = await call(client, "get_error", { error: "0".repeat(32) });
  assert.ok(wrong.isError && /search_errors/.test(wrong.text), wrong.text);
  await assert.rejects(client.callTool({ name: "drop_everything", arguments: {} }), /there is no tool/);
  const { prompts } = await client.listPrompts();
  assert.equal(prompts.length, 2);
  const prompt = await client.getPrompt({ name: "fix_error", arguments: { error: fingerprint } });
  assert.match(prompt.messages[0].content.text, new RegExp(fingerprint));
  await client.close();

  const readOnly = await connect(one, reader);
  assert.equal((await readOnly.listTools()).tools.length, 8);
  const refused = await call(readOnly, "update_error", { error: fingerprint, action: "reopen" });
  assert.ok(refused.isError && /can only read/.test(refused.text), refused.text);
  await readOnly.close();

  // A wrong key is an error of HTTP, and starts no OAuth.
  await assert.rejects(connect(one, "a-key-that-nobody-made"), (error) => {
    assert.doesNotMatch(String(error), /register|oauth|metadata/i);
    return true;
  });
}

(async () => {
  for (const one of CLIENTS) {
    await converse(one);
    console.log(`ok: ${one.name} (${one.version})`);
  }
})().catch((error) => {
  console.error(error);
  process.exit(1);
});
