// Sends what an application with Rollbar's client sends. `client.js unhandled` dies of an exception.
"use strict";

const Rollbar = require("rollbar");

const SECRET = "correct-horse-battery";
const dsn = new URL(process.env.SENTRY_DSN);

const options = {
  accessToken: dsn.username,
  endpoint: `http://${dsn.host}/api/1/item/`,
  environment: "live-test",
  codeVersion: "shop@1.2.3",
  root: __dirname,
  captureUncaught: true,
  exitOnUncaughtException: true,
  // faultline replaces secrets, too.
  scrubFields: [],
  overwriteScrubFields: true,
  payload: { person: { id: "42", email: "jo@example.org", username: "jo" } },
};
const rollbar = new Rollbar(options);

class PaymentRefused extends Error {
  name = "PaymentRefused";
}

function loadOrder(number) {
  throw new RangeError(`order ${number} is missing`);
}

function pay() {
  try {
    decodeURIComponent("%");
  } catch (cause) {
    throw new PaymentRefused("no card on file", { cause });
  }
}

function send(action, argument, custom) {
  try {
    action(argument);
  } catch (error) {
    rollbar.error(error, custom);
  }
}

function refuse() {
  throw new Error("not allowed to pay");
}

async function caught() {
  for (const number of [17, 18]) send(loadOrder, number);
  send(pay);
  for (const user of [123, 456]) rollbar.warning(`user ${user} not found`);
  send(refuse, null, { password: SECRET, login: { password: SECRET, theme: "dark" } });
  for (const kind of [TypeError, SyntaxError]) rollbar.critical(new kind("grouped by hand"), { fingerprint: "by-hand" });
  await new Promise((done) => rollbar.wait(done));
  // A wrong key is an error of the callback and nothing else.
  const other = new Rollbar({ ...options, accessToken: "wrong", captureUncaught: false });
  const error = await new Promise((done) => other.error("never stored", done));
  if (!error) throw new Error("a wrong key must be an error");
}

if (process.argv[2] === "unhandled") {
  setImmediate(function crash() {
    throw new EvalError("nobody caught this");
  });
} else {
  caught();
}
