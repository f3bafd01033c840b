import * as Sentry from "@sentry/browser";
import { Checkout } from "./cart.js";

Sentry.init({ dsn: window.SENTRY_DSN, environment: __BUILD__, release: window.RELEASE });

function onPay() {
  new Checkout([{ name: "tea", count: 2 }]).pay();
}

// The page's driver calls these.
window.run = () => setTimeout(onPay, 0);
window.sent = () => Sentry.flush(30_000);
