// A page in Chromium, served from an origin of its own, so that what it asks of faultline is cross-origin.
"use strict";

const http = require("node:http");
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

// Opens `/` of `files`, each a path with its type and text, lets `use` work with the page, and closes all of it.
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
