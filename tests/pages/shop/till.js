// A shop whose till fails: `node till.js price|stock NUMBER` sends one error with Sentry's SDK, which gets only a DSN.
"use strict";

const Sentry = require("@sentry/node");
const { total } = require("./cart.js");

// How often the till is tried until the SDK's debugger, which starts in parallel, reads variables.
const TRIES = 200;

const [what, number] = process.argv.slice(2);
let isSent = false;

Sentry.init({
  environment: "pages-test",
  includeLocalVariables: true,
  // A slow machine may need more than the SDK's default of two seconds to send the rest.
  shutdownTimeout: 30_000,
  // Without deduplication, which would drop the repeated errors.
  integrations: (usual) => usual.filter(({ name }) => name !== "Dedupe"),
  beforeSend(event) {
    isSent = event.exception.values.some(({ stacktrace }) => stacktrace?.frames.some(({ vars }) => vars));
    return isSent ? event : null;
  },
});

async function main() {
  Sentry.setUser({ id: `customer-${number}` });
  Sentry.setTag("till", what);
  Sentry.addBreadcrumb({ category: "till", message: `scanned item ${number}`, level: "info" });
  for (let tries = 0; tries < TRIES && !isSent; tries += 1) {
    try {
      total(what, [{ name: "chair", count: Number(number) }]);
    } catch (error) {
      Sentry.captureException(error);
    }
    if (!(await Sentry.flush(30_000))) throw new Error("the SDK could not send everything");
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  if (!isSent) throw new Error("the SDK's debugger read no variables");
}

main();
