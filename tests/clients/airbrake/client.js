// Sends what an application with Airbrake's client sends.
"use strict";

const { Notifier } = require("@airbrake/node");

const SECRET = "correct-horse-battery";
const dsn = new URL(process.env.SENTRY_DSN);

const options = {
  host: `http://${dsn.host}`,
  projectId: 1,
  projectKey: dsn.username,
  environment: "live-test",
  remoteConfig: false,
  performanceStats: false,
  queryStats: false,
};
const airbrake = new Notifier(options);
airbrake.addFilter((notice) => {
  Object.assign(notice.context, { version: "shop@1.2.3", user: { id: "42", email: "jo@example.org" } });
  return notice;
});

class PaymentRefused extends Error {
  name = "PaymentRefused";
}

function loadOrder(number) {
  throw new RangeError(`order ${number} is missing`);
}

function pay() {
  throw new PaymentRefused("no card on file");
}

function refuse() {
  throw new Error("not allowed to pay");
}

async function send(action, argument, params) {
  // So that every stack has the same callers.
  await new Promise(setImmediate);
  try {
    action(argument);
  } catch (error) {
    const notice = await airbrake.notify({ error, params, context: { component: "shop", action: action.name } });
    if (!notice.id || !notice.url) throw new Error(`not sent: ${notice.error}`);
  }
}

async function main() {
  for (const number of [17, 18]) await send(loadOrder, number);
  await send(pay);
  await send(refuse, null, { card: { number: "x", password: SECRET, pin: "1" }, authorization: `Bearer ${SECRET}` });
  // A wrong key is an error of the notice and nothing else.
  const other = new Notifier({ ...options, projectKey: "wrong" });
  const notice = await other.notify(new Error("never stored"));
  if (!notice.error) throw new Error("a wrong key must be an error");
}

main().then(() => process.exit(0));
