// Serves the page from an origin of its own, so that the SDK's requests are cross-origin, and opens it in Chromium.
"use strict";

const fs = require("node:fs");
const http = require("node:http");
const path = require("node:path");
const esbuild = require("esbuild");
const { chromium } = require("playwright-core");

// Chromium's own errands would be refused by a closed network, many at a time.
const QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"];
const HARMLESS = ["--disable-component-update", "--disable-sync", ...(process.getuid() === 0 ? ["--no-sandbox"] : [])];

function serve(files) {
  const server = http.createServer((request, response) => {
    const file = files[request.url];
    response.writeHead(file ? 200 : 404, { "content-type": file?.type ?? "text/plain" });
    response.end(file?.text ?? "");
  });
  return new Promise((resolve) => server.listen(0, "127.0.0.1", () => resolve(server)));
}

async function main() {
  const bundle = await esbuild.build({
    entryPoints: [path.join(__dirname, "client.js")],
    bundle: true,
    format: "iife",
    write: false,
    logLevel: "error",
    nodePaths: [process.env.NODE_PATH],
  });
  const server = await serve({
    "/": { type: "text/html", text: fs.readFileSync(path.join(__dirname, "page.html"), "utf8") },
    "/client.js": { type: "text/javascript", text: bundle.outputFiles[0].text },
    "/dsn.js": { type: "text/javascript", text: `window.SENTRY_DSN = ${JSON.stringify(process.env.SENTRY_DSN)};` },
  });
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM,
    args: [...QUIET, ...HARMLESS],
  });
  try {
    const page = await browser.newPage();
    page.on("console", (line) => console.log(line.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await page.evaluate(() => window.run());
    for (const text of await page.evaluate(() => window.sent)) {
      fs.writeFileSync(path.join(process.env.FAULTLINE_SENT, `${JSON.parse(text).event_id}.json`), text);
    }
  } finally {
    await browser.close();
    server.close();
  }
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
