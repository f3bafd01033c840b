// A page in Chromium, served from its own origin, so that its requests to faultline are cross-origin.
"use strict";

const http = require("node:http");
const { chromium } = require("playwright-core");

// Switches off Chromium's background requests, which a closed network would refuse, many at a time.
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

// Serves `files` (path to type and text), opens `/`, lets `use` work with the page, and closes everything.
exports.withPage = async (files, use) => {
  const server = await serve(files);
  const browser = await chromium.launch({ executablePath: process.env.CHROMIUM, args: [...QUIET, ...HARMLESS] });
  try {
    const page = await browser.newPage();
    page.on("console", (line) => console.log(line.text()));
    await page.goto(`http://127.0.0.1:${server.address().port}/`);
    await use(page);
  } finally {
    await browser.close();
    server.close();
  }
};
