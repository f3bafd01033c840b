// A fake of Slack's incoming webhooks: accepts what Slack would accept, and says what is wrong with the rest.
"use strict";

const http = require("node:http");

const PATH = "/services/T0000/B0000/open-sesame-to-slack";
const BLOCKS = new Set(["section", "actions", "context", "divider", "header"]);

// A text object of a section, https://docs.slack.dev/reference/block-kit/composition-objects/text-object: only plain
// text may have `emoji`, and only Markdown may have `verbatim`.
function isText({ type, text, emoji, verbatim }, longest) {
  if (typeof text !== "string" || text.length < 1 || text.length > longest) return false;
  if (type === "plain_text") return verbatim === undefined;
  return type === "mrkdwn" && emoji === undefined;
}

// Returns why Slack would refuse the request or could not show it, or null.
function fault(request, body) {
  if (request.method !== "POST") return `method ${request.method}`;
  if (request.url !== PATH) return `path ${request.url}`;
  if (!/^application\/json(;|$)/.test(request.headers["content-type"] ?? "")) return "content type";
  let message;
  try {
    message = JSON.parse(body);
  } catch {
    return "no JSON";
  }
  if (typeof message.text !== "string" || message.text === "") return "no text";
  if (!Array.isArray(message.blocks) || message.blocks.length < 1 || message.blocks.length > 50) return "no blocks";
  const unknown = message.blocks.find((block) => !BLOCKS.has(block.type));
  if (unknown) return `block ${unknown.type}`;
  const texts = message.blocks.flatMap((block) => (block.text ? [block.text] : []));
  const fields = message.blocks.flatMap((block) => block.fields ?? []);
  const refused = texts.find((text) => !isText(text, 3_000)) ?? fields.find((text) => !isText(text, 2_000));
  return refused ? `a text of a block: ${JSON.stringify(refused)}` : null;
}

// Milliseconds to wait for a message before the run fails.
const PATIENCE = 60_000;

// Resolves when it listens. `received` has the requests with their faults and bodies; `count(n)` resolves when there
// are n.
exports.start = async () => {
  const received = [];
  const waiting = [];
  const server = http.createServer(async (request, response) => {
    const chunks = [];
    for await (const chunk of request) chunks.push(chunk);
    const body = Buffer.concat(chunks).toString("utf8");
    const wrong = fault(request, body);
    received.push({ fault: wrong, body });
    response.writeHead(wrong ? 400 : 200, { "content-type": "text/html" }).end(wrong ? "invalid_payload" : "ok");
    for (const { least, resolve } of waiting) if (received.length >= least) resolve();
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    endpoint: `http://127.0.0.1:${server.address().port}${PATH}`,
    received,
    count(least) {
      return new Promise((resolve, reject) => {
        if (received.length >= least) return resolve();
        const missed = setTimeout(() => reject(new Error(`message ${least} did not arrive`)), PATIENCE);
        waiting.push({ least, resolve: () => resolve(clearTimeout(missed)) });
      });
    },
    stop() {
      server.closeAllConnections();
      server.close();
    },
  };
};
