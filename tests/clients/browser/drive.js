// Bundles the page's code, opens the page in Chromium, and keeps the events that it sent.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const esbuild = require("esbuild");
const { withPage } = require("./chromium.js");

async function main() {
  const bundle = await esbuild.build({
    entryPoints: [path.join(__dirname, "client.js")],
    bundle: true,
    format: "iife",
    write: false,
    logLevel: "error",
    nodePaths: [process.env.NODE_PATH],
  });
  const files = {
    "/": { type: "text/html", text: fs.readFileSync(path.join(__dirname, "page.html"), "utf8") },
    "/client.js": { type: "text/javascript", text: bundle.outputFiles[0].text },
    "/dsn.js": { type: "text/javascript", text: `window.SENTRY_DSN = ${JSON.stringify(process.env.SENTRY_DSN)};` },
  };
  await withPage(files, async (page) => {
    await page.evaluate(() => window.run());
    for (const text of await page.evaluate(() => window.sent)) {
      fs.writeFileSync(path.join(process.env.FAULTLINE_SENT, `${JSON.parse(text).event_id}.json`), text);
    }
  });
}

main().catch((error) => {
  console.error(error);
  process.exitCode = 1;
});
