// Sends what an application with Bugsnag's client sends. `client.js unhandled` dies of an exception.
"use strict";

const Bugsnag = require("@bugsnag/js");

const SECRET = "correct-horse-battery";
const dsn = new URL(process.env.SENTRY_DSN);

Bugsnag.start({
  apiKey: dsn.username,
  endpoints: { notify: `http://${dsn.host}/bugsnag/notify`, sessions: `http://${dsn.host}/bugsnag/sessions` },
  appVersion: "shop@1.2.3",
  releaseStage: "live-test",
  projectRoot: __dirname,
  redactedKeys: [],
  logger: null,
});

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

function refuse() {
  throw new Error("not allowed to pay");
}

function notify(error, change) {
  return new Promise((done, failed) => Bugsnag.notify(error, change, (fault) => (fault ? failed(fault) : done())));
}

async function send(action, argument, change = () => {}) {
  // So that every stack has the same callers.
  await new Promise(setImmediate);
  try {
    action(argument);
  } catch (error) {
    await notify(error, change);
  }
}

async function caught() {
  Bugsnag.setUser("42", "jo@example.org", "Jo");
  for (const number of [17, 18]) await send(loadOrder, number);
  await send(pay);
  await send(refuse, null, (event) => {
    event.severity = "error";
    event.addMetadata("login", { password: SECRET, theme: "dark" });
  });
  for (const kind of [TypeError, SyntaxError]) {
    await notify(new kind("grouped by hand"), (event) => {
      event.groupingHash = "by-hand";
    });
  }
  // A wrong key is an error of the callback and nothing else.
  const wrong = await notify(new Error("never stored"), (event) => {
    event.apiKey = "ffffffffffffffffffffffffffffffff";
  }).then(() => null, (fault) => fault);
  console.log("a key of the event's own:", wrong ? wrong.message : "accepted");
}

if (process.argv[2] === "unhandled") {
  setImmediate(function crash() {
    throw new EvalError("nobody caught this");
  });
} else {
  caught().then(() => process.exit(0));
}
