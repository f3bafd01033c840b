//! The events of the shop, as Sentry's SDKs for JavaScript and Python send them.

use fastrand::Rng;
use model::time::Timestamp;
use serde_json::{Value, json};

use super::plan::Planned;
use super::shop::{Code, ShopPart};

/// Number of the shop's customers.
const CUSTOMERS: u32 = 60;

/// Creates the JSON of an event.
pub(super) fn event(rng: &mut Rng, planned: &Planned, at: Timestamp) -> Value {
    let error = planned.error;
    let number = rng.u32(1_000..99_999);
    let message = error.message.replace("{n}", &number.to_string());
    let frames: Vec<_> = error.frames.iter().map(|code| frame(error.part, code, number)).collect();
    let environment = if rng.u8(..8) == 0 { "staging" } else { "production" };
    let mut event = json!({
        "event_id": format!("{:032x}", rng.u128(..)),
        "timestamp": at,
        "level": error.level,
        "release": planned.release,
        "environment": environment,
        "transaction": error.transaction,
        "exception": { "values": [{
            "type": error.kind,
            "value": message,
            "mechanism": { "type": "generic", "handled": error.level == "warning" },
            "stacktrace": { "frames": frames },
        }] },
    });
    let more = match error.part {
        ShopPart::Web => web(rng, error.transaction),
        ShopPart::Api => api(rng, error.transaction),
        ShopPart::Worker => worker(rng, error.transaction),
    };
    merge(&mut event, more);
    event
}

fn one_of<T: Copy>(rng: &mut Rng, all: &[T]) -> T {
    all[rng.usize(..all.len())]
}

fn merge(event: &mut Value, more: Value) {
    if let (Value::Object(event), Value::Object(more)) = (event, more) {
        event.extend(more);
    }
}

fn frame(part: ShopPart, Code(file, function, line, before, code, is_own): &Code, number: u32) -> Value {
    let mut frame = json!({ "filename": file, "function": function, "lineno": line, "in_app": is_own });
    if !code.is_empty() {
        frame["pre_context"] = json!([before]);
        frame["context_line"] = json!(code);
    }
    match part {
        ShopPart::Web => frame["colno"] = json!(number % 80 + 1),
        ShopPart::Api | ShopPart::Worker if *is_own => {
            frame["module"] = json!(file.trim_end_matches(".py").replace('/', "."));
            frame["vars"] = json!({ "order": { "id": number, "items": number % 7 + 1, "currency": "EUR" } });
        }
        ShopPart::Api | ShopPart::Worker => {}
    }
    frame
}

/// A customer. Some come back more often than others.
fn customer(rng: &mut Rng) -> (Value, String) {
    let id = rng.u32(..CUSTOMERS).min(rng.u32(..CUSTOMERS));
    let user = json!({ "id": format!("{}", 1000 + id), "email": format!("customer{id}@shop.example") });
    // Addresses that are reserved for documentation.
    (user, format!("198.51.100.{}", id + 1))
}

fn web(rng: &mut Rng, path: &str) -> Value {
    let browsers = [("Chrome", "155.0"), ("Safari", "19.1"), ("Firefox", "147.0"), ("Edge", "155.0")];
    let systems = [("Windows", "11"), ("macOS", "16.1"), ("iOS", "19.2"), ("Android", "16")];
    let (browser, system) = (one_of(rng, &browsers), one_of(rng, &systems));
    let (mut user, address) = customer(rng);
    user["ip_address"] = json!(address);
    json!({
        "platform": "javascript",
        "sdk": { "name": "sentry.javascript.react", "version": "11.11.0" },
        "user": user,
        "tags": { "service": "web", "country": one_of(rng, &["DE", "FR", "GB", "US"]), "theme": one_of(rng, &["light", "dark"]) },
        "request": { "url": format!("https://shop.example{}", path.replace("[slug]", "blue-mug")), "headers": { "User-Agent": format!("Mozilla/5.0 ({}) {}/{}", system.0, browser.0, browser.1) } },
        "contexts": { "browser": { "name": browser.0, "version": browser.1 }, "os": { "name": system.0, "version": system.1 } },
        "breadcrumbs": { "values": [
            { "type": "navigation", "category": "navigation", "data": { "from": "/products/blue-mug", "to": "/cart" } },
            { "type": "user", "category": "ui.click", "message": "button.checkout" },
            { "type": "http", "category": "fetch", "data": { "method": "GET", "url": "/api/cart", "status_code": 200 } },
        ] },
    })
}

fn api(rng: &mut Rng, path: &str) -> Value {
    let (mut user, address) = customer(rng);
    user["ip_address"] = json!(address);
    json!({
        "platform": "python",
        "server_name": format!("api-{}", rng.u8(1..4)),
        "sdk": { "name": "sentry.python.django", "version": "2.75.0" },
        "user": user,
        "tags": { "service": "api", "region": one_of(rng, &["eu-central-1", "us-east-1"]) },
        "request": { "method": "POST", "url": format!("https://shop.example{path}"), "headers": { "Content-Type": "application/json" } },
        "contexts": { "runtime": { "name": "CPython", "version": "3.13.2" } },
        "breadcrumbs": { "values": [
            { "category": "query", "message": "SELECT cart.id FROM cart WHERE cart.user_id = %s" },
            { "category": "query", "message": "SELECT product.price FROM product WHERE product.id IN (%s)" },
            { "level": "warning", "category": "shop.checkout", "message": "cart changed during checkout" },
        ] },
    })
}

fn worker(rng: &mut Rng, task: &str) -> Value {
    json!({
        "platform": "python",
        "server_name": format!("worker-{}", rng.u8(1..3)),
        "sdk": { "name": "sentry.python.celery", "version": "2.75.0" },
        "tags": { "service": "worker", "queue": one_of(rng, &["default", "email", "media"]), "celery_task": task },
        "extra": { "celery-job": { "task_name": task, "retries": rng.u8(..4) } },
        "contexts": { "runtime": { "name": "CPython", "version": "3.13.2" } },
        "breadcrumbs": { "values": [{ "category": "celery", "message": format!("task {task} received") }] },
    })
}
