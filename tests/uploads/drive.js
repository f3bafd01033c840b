// Builds a page with each uploader, throws its error in Chromium, and checks what faultline shows.
"use strict";

const assert = require("node:assert");
const { execFile } = require("node:child_process");
const fs = require("node:fs");
const path = require("node:path");
const { promisify } = require("node:util");
const { withPage } = require("../clients/browser/chromium.js");
const { UPLOADERS } = require("./uploaders.js");

const ready = JSON.parse(fs.readFileSync(process.env.FAULTLINE_READY, "utf8"));
const work = process.env.FAULTLINE_RUN;

async function call(method, route, body) {
  const headers = { "x-api-key": ready.adminKey, "content-type": "application/json" };
  const response = await fetch(`${ready.url}${route}`, { method, headers, body: body && JSON.stringify(body) });
  const text = await response.text();
  if (!response.ok) throw new Error(`${method} ${route}: ${response.status} ${text}`);
  return text ? JSON.parse(text).data : null;
}

async function until(what, condition) {
  for (const end = Date.now() + 60_000; Date.now() < end; ) {
    const found = await condition();
    if (found) return found;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`${what} did not happen in a minute`);
}

// Uploaders get an address that leads nowhere for every other host.
function environment(key, project) {
  const { PATH, HOME, UPLOADERS: packages } = process.env;
  const nowhere = "http://127.0.0.1:9";
  return {
    PATH, HOME, UPLOADERS: packages,
    SENTRY_AUTH_TOKEN: key, SENTRY_PROJECT: project, SENTRY_URL: ready.url, SENTRY_ORG: "faultline",
    HTTP_PROXY: nowhere, HTTPS_PROXY: nowhere, http_proxy: nowhere, https_proxy: nowhere, NO_PROXY: "127.0.0.1", no_proxy: "127.0.0.1",
    SENTRY_CLI_NO_TELEMETRY: "1", SENTRY_CLI_NO_UPDATE_CHECK: "1", SENTRY_DISABLE_UPDATE_CHECK: "1", DO_NOT_TRACK: "1",
    NODE_ENV: "production",
  };
}

async function build(name, project, key, number) {
  const out = path.join(work, project, String(number));
  fs.mkdirSync(out, { recursive: true });
  const parameters = [path.join(__dirname, "one.js"), name, out, String(number)];
  const ran = await promisify(execFile)(process.execPath, parameters, { env: environment(key, project), cwd: work })
    .catch((error) => { throw new Error(`${name} failed: ${error.stdout} ${error.stderr}`); });
  fs.writeFileSync(path.join(out, "..", `${number}.log`), ran.stdout + ran.stderr);
  return out;
}

// Opens the page of a build, and lets it throw.
async function throwIn(out, dsn, release) {
  const files = {
    "/": { type: "text/html", text: '<!doctype html><script src="/dsn.js"></script><script src="/assets/main.js"></script>' },
    "/dsn.js": { type: "text/javascript", text: `window.SENTRY_DSN = ${JSON.stringify(dsn)}; window.RELEASE = ${JSON.stringify(release)};` },
    "/assets/main.js": { type: "text/javascript", text: fs.readFileSync(path.join(out, "main.js"), "utf8") },
  };
  await withPage(files, async (page) => {
    const thrown = page.waitForEvent("pageerror");
    await page.evaluate(() => window.run());
    await thrown;
    assert.ok(await page.evaluate(() => window.sent()), "the SDK could not send everything");
  });
}

async function makeProject(name) {
  const { project } = await call("POST", "/projects", { name });
  const { key } = await call("POST", "/keys", { role: "upload", project: name, name });
  return { dsn: project.dsn, key: key.key };
}

const errorsOf = async (name) => (await call("GET", `/projects/${name}/errors`)).errors;
const stored = (name, count) =>
  until(`event ${count} of ${name}`, async () => {
    const errors = await errorsOf(name);
    return errors.reduce((sum, error) => sum + error.count, 0) >= count ? errors : null;
  });

async function framesOf(name, error) {
  const shown = await call("GET", `/projects/${name}/errors/${error.fingerprint}/occurrences/last`);
  return shown.error.event.exceptions.at(-1).stacktrace.frames.toReversed();
}

async function check(name) {
  const project = name;
  const { dsn, key } = await makeProject(project);
  for (const number of [1, 2]) {
    const out = await build(name, project, key, number);
    assert.ok(!fs.readFileSync(path.join(out, "main.js"), "utf8").includes("lineTotal"), `${name}: the build is not minified`);
    await throwIn(out, dsn);
  }
  const errors = await stored(project, 2);
  assert.equal(errors.length, 1, `${name}: two builds of one source are one error: ${JSON.stringify(errors)}`);
  const [thrown, ...callers] = await framesOf(project, errors[0]);
  const place = [path.basename(thrown.filename), thrown.lineno, thrown.function];
  assert.deepEqual(place, ["cart.js", 2, "lineTotal"], `${name}: ${JSON.stringify(thrown)}`);
  assert.ok(thrown.context_line.includes("throw new RangeError(`no price for ${item.name}`)"), `${name}: ${thrown.context_line}`);
  assert.equal(thrown.pre_context.at(-1), "export function lineTotal(item) {");
  assert.equal(path.basename(thrown.data.minified.filename), "main.js");
  const names = callers.map((frame) => frame.function);
  assert.ok(names.includes("Checkout.pay") && names.includes("onPay"), `${name}: ${names}`);
  const { uploads } = await call("GET", `/projects/${project}/source-maps`);
  assert.equal(uploads.length, 2, `${name}: ${JSON.stringify(uploads)}`);
  assert.ok(uploads.every((upload) => upload.failure === null && upload.maps === 1), JSON.stringify(uploads));
}

// Without the map, the frame says why; when the map comes later, it is shown mapped.
async function checkLate() {
  const project = "late";
  const { dsn, key } = await makeProject(project);
  const out = await build("none", project, key, 1);
  await throwIn(out, dsn);
  const [error] = await stored(project, 1);
  const [frame] = await framesOf(project, error);
  assert.match(frame.data.sourceMapProblem, /^No source map was uploaded for debug id [0-9a-f-]{36}: upload/);
  const { UPLOADERS: packages } = process.env;
  const cli = path.join(packages, "cli3", "node_modules", ".bin", "sentry-cli");
  await promisify(execFile)(cli, ["sourcemaps", "upload", out], { env: environment(key, project) });
  await until("mapping when read", async () => (await framesOf(project, error))[0].function === "lineTotal");
}

// Scripts without debug ids are found by release and URL.
async function checkUrls() {
  for (const set of ["cli2", "cli3"]) {
    const project = `urls-${set}`;
    const { dsn, key } = await makeProject(project);
    const out = await build("plain", project, key, 1);
    const cli = path.join(process.env.UPLOADERS, set, "node_modules", ".bin", "sentry-cli");
    const parameters = ["sourcemaps", "upload", "--release", "shop@1", "--url-prefix", "~/assets", out];
    await promisify(execFile)(cli, parameters, { env: environment(key, project) });
    await throwIn(out, dsn, "shop@1");
    const [error] = await stored(project, 1);
    const [thrown, ...callers] = await framesOf(project, error);
    const place = [path.basename(thrown.filename), thrown.lineno, thrown.function];
    assert.deepEqual(place, ["cart.js", 2, "lineTotal"], `${set}: ${JSON.stringify(thrown)}`);
    assert.ok(callers.some((frame) => frame.function === "Checkout.pay"), `${set}: ${JSON.stringify(callers)}`);
  }
}

// A key of another kind is refused with a sentence that the uploader prints.
async function checkRefusals() {
  const { key } = await call("POST", "/keys", { role: "client", project: "late" });
  const out = path.join(work, "late", "1");
  const cli = path.join(process.env.UPLOADERS, "cli3", "node_modules", ".bin", "sentry-cli");
  const refused = await promisify(execFile)(cli, ["sourcemaps", "upload", out], { env: environment(key.key, "late") }).catch((error) => error);
  assert.match(`${refused.stdout}${refused.stderr}`, /a client key may only post errors: use an upload key/);
}

// Each command line uploads a ProGuard mapping under an id of its own; an event as the SDK for Android sends it is then shown
// as it was written. All of them are one error.
async function checkMappings() {
  const project = "android";
  const { dsn, key } = await makeProject(project);
  const event = JSON.parse(fs.readFileSync(path.join(__dirname, "android", "event.json"), "utf8"));
  const mapping = path.join(__dirname, "android", "mapping.txt");
  const uploaders = {
    "4226bed7-ce47-5c49-9ce5-3af113009c2e": ["cli2", "sentry-cli", ["upload-proguard", "--uuid"]],
    "5226bed7-ce47-5c49-9ce5-3af113009c2e": ["cli3", "sentry-cli", ["upload-proguard", "--uuid"]],
    "6226bed7-ce47-5c49-9ce5-3af113009c2e": ["new", "sentry", ["proguard", "upload", "--uuid"]],
  };
  const { host, username, pathname } = new URL(dsn);
  let sent = 0;
  for (const [id, [set, command, parameters]] of Object.entries(uploaders)) {
    const program = path.join(process.env.UPLOADERS, set, "node_modules", ".bin", command);
    await promisify(execFile)(program, [...parameters, id, mapping], { env: environment(key, project), cwd: work });
    event.debug_meta.images[0].uuid = id;
    event.event_id = id.replaceAll("-", "");
    const response = await fetch(`http://${host}/api${pathname}/store/?sentry_key=${username}`, { method: "POST", body: JSON.stringify(event) });
    assert.equal(response.status, 200, await response.text());
    sent += 1;
    await stored(project, sent);
  }
  const errors = await errorsOf(project);
  assert.deepEqual(errors.map((error) => [error.type, error.count]), [["MainFragment$EngineFailureException", 3]]);
  const frames = await framesOf(project, errors[0]);
  const places = frames.map((frame) => `${frame.module}.${frame.function}(${frame.filename}:${frame.lineno})`);
  assert.deepEqual(places.slice(0, 3), [
    "com.example.MainFragment$Rocket.startEngines(MainFragment.java:90)",
    "com.example.MainFragment$Rocket.fly(MainFragment.java:83)",
    "com.example.MainFragment$onActivityCreated$4.onClick(MainFragment.java:65)",
  ]);
  const { uploads } = await call("GET", `/projects/${project}/source-maps`);
  assert.deepEqual(uploads.map((upload) => [upload.kind, upload.failure, upload.maps]), Array(3).fill(["proguard", null, 1]));
}

// Both command lines announce a release of a repository with two commits; faultline shows it with its commits and deploy.
async function checkReleases() {
  const { key } = await makeProject("releases");
  const repository = path.join(work, "repository");
  fs.mkdirSync(repository);
  const identity = { GIT_CONFIG_GLOBAL: "/dev/null", GIT_CONFIG_SYSTEM: "/dev/null" };
  for (const role of ["AUTHOR", "COMMITTER"]) Object.assign(identity, { [`GIT_${role}_NAME`]: "Ada", [`GIT_${role}_EMAIL`]: "ada@shop.test" });
  const env = { ...environment(key, "releases"), ...identity };
  const ran = (command, ...parameters) => promisify(execFile)(command, parameters, { env, cwd: repository });
  await ran("git", "init", "-q", "-b", "main");
  for (const subject of ["Open the shop", "Sell a chair"]) await ran("git", "commit", "-q", "--allow-empty", "-m", subject);
  for (const set of ["cli2", "cli3"]) {
    const cli = path.join(process.env.UPLOADERS, set, "node_modules", ".bin", "sentry-cli");
    const version = `shop@${set}`;
    await ran(cli, "releases", "new", version, "--url", "https://ci.test/7");
    await ran(cli, "releases", "set-commits", version, "--local");
    await ran(cli, "releases", "finalize", version);
    await ran(cli, "deploys", "new", "--release", version, "--env", "production", "--name", "blue");
    const { release, commits, deploys } = await call("GET", `/projects/releases/releases/${encodeURIComponent(version)}`);
    assert.deepEqual(commits.map((commit) => [commit.message.trim(), commit.author]), [["Sell a chair", "Ada"], ["Open the shop", "Ada"]]);
    assert.deepEqual([release.url, release.firstSeen, release.releasedAt === null], ["https://ci.test/7", null, false]);
    assert.deepEqual(deploys.map((deploy) => [deploy.environment, deploy.name]), [["production", "blue"]]);
    const listed = await ran(cli, "releases", "list");
    assert.match(listed.stdout, new RegExp(version));
  }
  const { announced } = await call("GET", "/projects/releases/releases");
  assert.deepEqual(announced.map((release) => release.release), ["shop@cli3", "shop@cli2"]);
}

async function main() {
  const wanted = process.argv.slice(2);
  const names = Object.keys(UPLOADERS).filter((name) => wanted.length === 0 || wanted.includes(name));
  let failed = 0;
  const attempt = async (name, run) => {
    const start = Date.now();
    try {
      await run();
      console.log(`ok      ${name} (${((Date.now() - start) / 1000).toFixed(1)} s)`);
    } catch (error) {
      failed += 1;
      console.log(`FAILED  ${name}: ${error.message.slice(0, 3000)}`);
    }
  };
  for (const name of names) await attempt(name, () => check(name));
  await attempt("late map", checkLate);
  await attempt("refusals", checkRefusals);
  await attempt("releases", checkReleases);
  await attempt("mappings", checkMappings);
  await attempt("urls", checkUrls);
  process.exitCode = failed > 0 ? 1 : 0;
}

main();
