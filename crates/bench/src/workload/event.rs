//! Templates of events: an exception in a Python web shop, as a Sentry SDK or a client of faultline v1 would send it.

use serde_json::{Value, json};

use super::Likeness;

/// The bytes to allow for each stack frame. One takes about 350.
const FRAME: usize = 500;
const MOST_FRAMES: usize = 60;
/// Names of modules and functions, so that different errors have different stacks.
const PARTS: [&str; 8] = ["cart", "order", "payment", "stock", "account", "search", "mail", "report"];

/// Returns the word that makes errors different. If every event is another error, this is a mark that each event fills
/// in.
fn name(likeness: Likeness, error: u32) -> String {
    match likeness {
        Likeness::Different => "@@name@@".to_owned(),
        // Written in letters, because grouping replaces numbers.
        Likeness::Like | Likeness::Mixed => error.to_string().bytes().map(|digit| char::from(digit + 49)).collect(),
    }
}

fn part(index: usize, error: u32) -> &'static str {
    PARTS[(index * 3 + error as usize) % PARTS.len()]
}

fn frames(bytes: usize) -> usize {
    (bytes.saturating_sub(1_000) / FRAME).clamp(1, MOST_FRAMES)
}

/// Returns `same` for a storm, in which events are alike, or else `varied`, whose marks differ in each event.
fn varying(likeness: Likeness, varied: &str, same: &str) -> String {
    if likeness == Likeness::Like { same.to_owned() } else { varied.to_owned() }
}

/// Returns the template of an event in Sentry's format.
pub(super) fn sentry(likeness: Likeness, error: u32, bytes: usize) -> String {
    let vary = |varied: &str, same: &str| varying(likeness, varied, same);
    let name = name(likeness, error);
    let frames: Vec<_> = (0..frames(bytes))
        .map(|index| {
            let (module, function) = (part(index, error), format!("{}_{name}", part(index + 1, error)));
            json!({
                "filename": format!("shop/{module}.py"), "abs_path": format!("/srv/shop/{module}.py"),
                "module": format!("shop.{module}"), "function": function, "lineno": 40 + index, "in_app": index % 3 > 0,
                "context_line": format!("    return {module}.{function}(request, total)"),
                "vars": {
                    "request": vary("<WSGIRequest: POST '/@@words 1@@/@@digits 4@@'>", "<WSGIRequest: POST '/pay/1017'>"),
                    "total": vary("@@digits 5@@", "12050"),
                },
            })
        })
        .collect();
    let crumb =
        |category: &str, message: &str| json!({ "timestamp": "@@time@@", "category": category, "message": message });
    json!({
        "event_id": "@@id@@", "timestamp": "@@time@@", "platform": "python", "level": "error",
        "exception": { "values": [{
            "module": "shop.errors", "type": format!("Broken_{name}"),
            "value": vary("@@words 2@@ @@digits 4@@ of user @@digits 5@@ failed", "order @@digits 4@@ failed"),
            "mechanism": { "type": "django", "handled": false },
            "stacktrace": { "frames": frames },
        }] },
        "request": {
            "url": vary("https://shop.example/@@words 1@@/@@digits 4@@", "https://shop.example/pay/1017"), "method": "POST",
            "headers": { "Host": "shop.example", "User-Agent": "Mozilla/5.0 (X11; Linux x86_64)" },
        },
        "user": { "id": vary("@@digits 5@@", "20417") },
        "transaction": format!("/{}/{{id}}", part(0, error)), "server_name": vary("web-@@digits 1@@", "web-1"),
        "release": "shop@2.4.1", "environment": "production",
        "breadcrumbs": { "values": [
            crumb("query", "SELECT id, owner FROM cart WHERE id = %s"),
            crumb("shop", &vary("@@words 4@@ @@digits 5@@", "loading the cart")),
        ] },
        "contexts": {
            "trace": { "trace_id": "@@hex 32@@", "span_id": "@@hex 16@@" },
            "runtime": { "name": "CPython", "version": "3.12.1" },
        },
        "extra": { "note": vary("@@random@@", "@@same@@") },
        "sdk": { "name": "sentry.python.django", "version": "2.1.0" },
    })
    .to_string()
}

/// Returns the template of an envelope with this event.
pub(super) fn envelope(event: &str) -> String {
    format!("{}\n{}\n{event}\n", json!({ "event_id": "@@id@@", "sent_at": "@@time@@" }), json!({ "type": "event" }))
}

/// Returns the template of an error in faultline's own format, in which the message names the error.
pub(super) fn v1(likeness: Likeness, error: u32, bytes: usize) -> String {
    let vary = |varied: &str, same: &str| varying(likeness, varied, same);
    let name = name(likeness, error);
    let backtrace: Vec<_> = (0..frames(bytes))
        .map(|index| {
            let (module, function) = (part(index, error), format!("{}_{name}", part(index + 1, error)));
            json!({
                "file": format!("/srv/shop/{module}.py"), "function": function, "line": 40 + index,
                "code": { "39": "    total = sum(prices)", "40": format!("    return {module}.{function}(request, total)") },
            })
        })
        .collect();
    let user: Value = vary("@@digits 5@@", "20417").into();
    json!({
        "errors": [{
            "type": "ValueError", "message": format!("no {} for {name}", part(0, error)), "timestamp": "@@time@@",
            "backtrace": backtrace,
        }],
        "notifier": { "name": "faultline bench", "version": env!("CARGO_PKG_VERSION") },
        "context": {
            "environment": "production", "version": "2.4.1", "component": part(0, error), "action": "pay", "language": "Python",
            "url": vary("https://shop.example/@@words 1@@/@@digits 4@@", "https://shop.example/pay/1017"),
        },
        "session": { "user": user },
        "params": { "order": "@@digits 4@@", "note": vary("@@random@@", "@@same@@") },
    })
    .to_string()
}
