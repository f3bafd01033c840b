// Creates two projects to look at: one that is in use, and one without events.
"use strict";

const zlib = require("node:zlib");

const faultline = require("./faultline.js");

const PROJECT = "checkout";
const EMPTY = "warehouse";

const HOUR = 3_600_000;

// Events of a Python application, over a day.
function python(number) {
  const frame = (filename, fn, lineno, in_app, line, vars) => ({
    filename, function: fn, lineno, in_app, context_line: line, vars,
    pre_context: ["def total(cart):", "    amount = 0"], post_context: ["    return amount"],
  });
  return {
    platform: "python", level: "error", environment: "production", release: `checkout@2.${number % 3}.0`,
    timestamp: new Date(Date.now() - ((number * 7) % 23) * HOUR).toISOString(),
    server_name: `web-${number % 3}`, transaction: "POST /cart/{id}/pay",
    tags: { browser: number % 4 ? "Firefox 145" : "Chrome 156", region: number % 2 ? "eu-west" : "us-east" },
    user: { id: `${number % 9}`, email: `ann${number % 9}@shop.example` },
    request: {
      method: "POST", url: "https://shop.example/cart/17/pay", query_string: "coupon=spring",
      headers: [["Accept", "text/html"], ["User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"]],
    },
    exception: {
      values: [
        { type: "LookupError", value: "no row for item 17", stacktrace: { frames: [frame("db/rows.py", "row_of", 71, false, "    raise LookupError(key)", { key: 17 })] } },
        {
          type: "PriceMissing", value: "item 17 of the cart has no price", mechanism: { type: "django", handled: false },
          stacktrace: {
            frames: [
              frame("django/core/handlers/exception.py", "inner", 55, false, "    response = get_response(request)"),
              frame("django/core/handlers/base.py", "_get_response", 197, false, "    response = callback(request)"),
              frame("checkout/views.py", "pay", 31, true, "    due = total(cart)", { request: "<WSGIRequest: POST '/cart/17/pay'>" }),
              frame("checkout/cart.py", "total", 42, true, "    amount += item.price or missing(item)", { cart: [{ name: "chair", count: 2 }], amount: 0, item: { id: 17, tags: ["oak", "sale"], price: null } }),
            ],
          },
        },
      ],
    },
    breadcrumbs: [
      { timestamp: new Date().toISOString(), category: "query", message: "SELECT id, price FROM items WHERE id = %s", level: "info", data: { rows: 0 } },
      { timestamp: new Date().toISOString(), category: "http", type: "http", data: { method: "GET", url: "https://prices.example/17", status_code: 404 } },
    ],
    contexts: { runtime: { name: "CPython", version: "3.13.1" }, os: { name: "Linux", version: "6.12" } },
    extra: { attempt: number, cart: { items: 2, total: 118.5 } },
    modules: { django: "5.2", "sentry-sdk": "2.75.0" },
    sdk: { name: "sentry.python.django", version: "2.75.0" },
  };
}

const OTHERS = [
  { platform: "javascript", level: "fatal", exception: { values: [{ type: "ChunkLoadError", value: "Loading chunk 17 failed after 3 attempts: https://shop.example/assets/checkout-4f1d2c9a7b.js" }] } },
  { platform: "java", level: "error", transaction: "com.acme.shop.warehouse.reservation.ReservationCoordinatorService in reserveAllItemsOfOrder", exception: { values: [{ type: "com.acme.shop.warehouse.reservation.ReservationConflictException", value: "order 4711: item 17 is reserved by order 4699 since 14:02, and will be set free at 14:32 unless it is paid for before" }] } },
  { platform: "python", level: "warning", message: "cart is empty", environment: "staging" },
  { platform: "ruby", level: "info", message: "payment provider answers slowly: 2.4 s" },
];

// A picture of 320 × 180 pixels in two colours, as a PNG.
function picture() {
  const chunk = (type, data) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const [size, sum] = [Buffer.alloc(4), Buffer.alloc(4)];
    size.writeUInt32BE(data.length);
    sum.writeUInt32BE(zlib.crc32(body));
    return Buffer.concat([size, body, sum]);
  };
  const head = Buffer.alloc(13);
  head.writeUInt32BE(320, 0);
  head.writeUInt32BE(180, 4);
  head.set([8, 2], 8);
  const row = (y) => Buffer.concat([Buffer.from([0]), ...Array.from({ length: 320 }, (_, x) => Buffer.from((x + y) % 80 < 40 ? [43, 80, 120] : [230, 236, 242]))]);
  const pixels = zlib.deflateSync(Buffer.concat(Array.from({ length: 180 }, (_, y) => row(y))));
  return Buffer.concat([Buffer.from("\x89PNG\r\n\x1a\n", "latin1"), chunk("IHDR", head), chunk("IDAT", pixels), chunk("IEND", Buffer.alloc(0))]);
}

const FILES = [
  { name: "screenshot.png", type: "image/png", content: picture() },
  { name: "checkout.log", type: "text/plain", content: "14:02:11 INFO  cart 17 opened\n14:02:19 WARN  price list `spring` has no item 17\n14:02:19 ERROR payment failed\n" },
  { name: "core.dmp", type: "application/octet-stream", content: Buffer.alloc(180_000, 7) },
  { name: "recording.mp4", type: "video/mp4", content: Buffer.alloc(5 << 20) },
];

// Invites three people, of whom two join. Returns the key of the owner to sign in with, and the token of the open invitation.
async function invite() {
  const invited = async (body) => (await faultline.call("POST", "/invitations", body)).token;
  const join = async (name, email, body) => faultline.call("POST", "/invitations/accept", { token: await invited(body), name, email });
  const { signInKey } = await join("Ada Lovelace", "ada@shop.example", { role: "owner" });
  await join("Grace Hopper", "grace@shop.example", { projects: { [PROJECT]: "member", [EMPTY]: "owner" } });
  return { signInKey, invitation: await invited({ projects: { [PROJECT]: "viewer" }, note: "Alan, from the support team" }) };
}

// Fills the projects, and returns the names and ids for the pages' URLs.
exports.fill = async () => {
  const [{ dsn }] = await Promise.all([faultline.project(PROJECT), faultline.project(EMPTY)]);
  for (let number = 0; number < 24; number += 1) await faultline.post(dsn, python(number));
  for (const event of OTHERS) await faultline.post(dsn, event);
  const errors = await faultline.seen(PROJECT, 24 + OTHERS.length);
  const named = (text) => errors.find((error) => error.type === text || error.message === text).fingerprint;
  const error = named("PriceMissing");
  const [conflict, slow] = [OTHERS[1].exception.values[0].type, OTHERS[3].message].map(named);
  const base = `/projects/${PROJECT}/errors`;
  await faultline.call("PATCH", `${base}/${error}`, { assignee: "ada@shop.example" });
  await faultline.call("POST", `${base}/${error}/comments`, { text: "The price list of spring lacks item 17.\nFixed in 4f2c1d9, I hope." });
  await faultline.call("PATCH", `${base}/${error}`, { status: "resolved" });
  await faultline.attach(dsn, { ...python(24), timestamp: new Date().toISOString() }, FILES);
  await faultline.until("an error comes back", async () => {
    return (await faultline.errors(PROJECT)).find((one) => one.fingerprint === error).status === "unresolved";
  });
  await faultline.call("POST", `${base}/${conflict}/merge`, { errors: [slow] });
  const people = await invite();
  return { project: PROJECT, empty: EMPTY, error, least: named("cart is empty"), ...people };
};
