// Sends what an application sends. The tag `case` says which SDK behaviour an event is for.
//
// `client.js` sends everything that is caught; `client.js unhandled` and `client.js rejection` die, each in its own
// way.
"use strict";

const fs = require("node:fs");
const path = require("node:path");
const Sentry = require("@sentry/node");

const SECRET = "correct-horse-battery";
const how = process.argv[2] ?? "caught";

Sentry.init({
  release: "shop@1.2.3",
  environment: "live-test",
  serverName: "till-7",
  // The SDK's own log would become breadcrumbs, 14 kB of them, which samples do not need.
  debug: !process.env.CAPTURE,
  tracesSampleRate: 1.0,
  enableLogs: true,
  sendDefaultPii: true,
  // A slow machine may need more than the SDK's default of two seconds to send the rest.
  shutdownTimeout: 30_000,
  // Without the SDK's internal fields.
  beforeSend({ sdkProcessingMetadata, ...event }) {
    fs.writeFileSync(path.join(process.env.FAULTLINE_SENT, `${event.event_id}.json`), JSON.stringify(event));
    return { ...event, sdkProcessingMetadata };
  },
});

class PaymentRefused extends Error {
  name = "PaymentRefused";
}

function loadOrder(number) {
  throw new RangeError(`order ${number} is missing`);
}

function useUndefined() {
  return undefined.total;
}

function parsePrice(text) {
  throw new SyntaxError(`cannot read '${text}'`);
}

function parseQuantity(text) {
  throw new SyntaxError(`cannot read '${text}'`);
}

function pay() {
  try {
    decodeURIComponent("%");
  } catch (cause) {
    throw new PaymentRefused("no card on file", { cause });
  }
}

function rich(scope) {
  scope.setTags({ customer: "acme", retries: 3, beta: true });
  scope.setUser({ id: "42", email: "jo@example.org", username: "jo", plan: "gold" });
  scope.setContext("cart", { items: 3, total: 12.5, coupon: null });
  scope.setExtra("password", SECRET);
  scope.setExtra("login", { password: SECRET, theme: "dark" });
  scope.setExtra("note", ["a", { b: 1 }]);
  scope.addBreadcrumb({ category: "ui", message: "opened the cart", level: "info", data: { items: 3 } });
  scope.addBreadcrumb({ category: "http", type: "http", data: { url: "/pay", status_code: 402 } });
  scope.addAttachment({ filename: "log.bin", data: new Uint8Array([0x61, 0x0a, 0x00, 0xff]) });
  throw new Error("not allowed to pay");
}

// More than 32 KiB: this SDK compresses such bodies with gzip.
function large(scope) {
  const rows = Array.from({ length: 100 }, (_, row) => [`row ${row}`, `${Math.random()} `.repeat(40)]);
  scope.setExtra("rows", Object.fromEntries(rows));
  throw new Error("a large one");
}

function unicode(scope) {
  scope.setTag("ville", "Zürich – 東京");
  throw new Error("échec: файл не найден 🦀");
}

function send(name, action, argument) {
  Sentry.withScope((scope) => {
    scope.setTag("case", name);
    try {
      action(argument ?? scope);
    } catch (error) {
      Sentry.captureException(error);
    }
  });
}

// These must create nothing: sessions (the SDK itself sends them), transactions, check-ins, logs.
function thingsThatAreNoErrors() {
  Sentry.startSpan({ op: "task", name: "nightly" }, () => Sentry.startSpan({ op: "db", name: "SELECT 1" }, () => {}));
  const checkInId = Sentry.captureCheckIn({ monitorSlug: "nightly", status: "in_progress" });
  Sentry.captureCheckIn({ checkInId, monitorSlug: "nightly", status: "ok", duration: 1 });
  Sentry.logger.warn("a log line", { user: "jo" });
  Sentry.captureFeedback({ message: "I like it", name: "Jo" });
}

async function caught() {
  for (const number of [17, 18]) send("twice", loadOrder, number);
  send("other type", useUndefined);
  send("one function", parsePrice, "x");
  send("another function", parseQuantity, "x");
  send("chained", pay);
  for (const user of [123, 456]) {
    Sentry.withScope((scope) => {
      scope.setTag("case", "message");
      Sentry.captureMessage(`user ${user} not found`, "warning");
    });
  }
  send("rich", rich);
  send("large", large);
  send("unicode", unicode);
  thingsThatAreNoErrors();
  if (!(await Sentry.flush(30_000))) throw new Error("the SDK could not send everything");
}

Sentry.setTag("case", how);
if (how === "caught") {
  caught();
} else if (how === "unhandled") {
  setImmediate(function crash() {
    throw new EvalError("nobody caught this");
  });
} else {
  Promise.reject(new URIError("nobody waited for this"));
}
