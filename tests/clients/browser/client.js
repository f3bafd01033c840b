// Sends what a web page sends. The tag `case` says which SDK behaviour an event is for.
// `drive.js` bundles this file, sets `window.SENTRY_DSN`, and reads the sent events from `window.sent`.
import * as Sentry from "@sentry/browser";

const SECRET = "correct-horse-battery";
window.sent = [];

Sentry.init({
  dsn: window.SENTRY_DSN,
  release: "shop@1.2.3",
  environment: "live-test",
  debug: true,
  tracesSampleRate: 1.0,
  sendDefaultPii: true,
  enableLogs: true,
  integrations: [Sentry.browserTracingIntegration()],
  // Without the SDK's internal fields.
  beforeSend({ sdkProcessingMetadata, ...event }) {
    window.sent.push(JSON.stringify(event));
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
  throw new Error("not allowed to pay");
}

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

// Resolves when the SDK has seen the uncaught error.
function seen(name, cause) {
  Sentry.setTag("case", name);
  return new Promise((resolve) => {
    const stop = Sentry.getClient().on("afterSendEvent", (event) => {
      if (event.tags?.case !== name) return;
      stop();
      resolve();
    });
    cause();
  });
}

window.run = async () => {
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
  // These must create nothing. The SDK itself sends sessions and the page's own transaction.
  Sentry.startSpan({ op: "task", name: "nightly", forceTransaction: true }, () => {});
  Sentry.logger.warn("a log line", { user: "jo" });
  Sentry.captureFeedback({ message: "I like it", name: "Jo" });

  await seen("rejection", () => void Promise.reject(new URIError("nobody waited for this")));
  await seen("unhandled", () => {
    // In a script element, so that it reaches `window.onerror` as an application's error does.
    const button = document.querySelector("button");
    button.onclick = function crash() {
      throw new EvalError("nobody caught this");
    };
    button.click();
  });
  if (!(await Sentry.flush(30_000))) throw new Error("the SDK could not send everything");
};
