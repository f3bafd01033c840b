//! Sample data for the page tests.

pub(crate) mod errors;
pub(crate) mod operating;
pub(crate) mod releases;
pub(crate) mod rules;
pub(crate) mod source_maps;

use model::occurrence::Occurrence;
use serde_json::{Value, json};
use web_pages::{Frame, Visitor};

pub(crate) fn frame(title: &str, project: Option<&str>) -> Frame {
    let visitor = Visitor {
        name: "ada".to_owned(),
        may_change: true,
        may_work: true,
        is_user: true,
        is_stack_admin: true,
        token: "TOKEN".to_owned(),
    };
    Frame { title: title.to_owned(), visitor: Some(visitor), project: project.map(str::to_owned), notice: None }
}

fn occurrence(mut event: Value) -> Occurrence {
    for (key, value) in [
        ("v", json!(1)),
        ("eventId", json!("4bf92f3577b34da6a3ce929d0e0e4736")),
        ("source", json!("sentry")),
        ("timestamp", json!("2026-11-21T11:58:30Z")),
        ("receivedAt", json!("2026-11-21T11:58:31Z")),
        ("level", json!("error")),
        ("platform", json!("python")),
    ] {
        event[key] = value;
    }
    serde_json::from_value(event).unwrap()
}

/// A typical event of an SDK: a chain of two exceptions, in-app and library frames, and all other interfaces.
pub(crate) fn ordinary() -> Occurrence {
    let frame = |file: &str, function: &str, line: u64, in_app: bool| {
        json!({
            "filename": file, "function": function, "lineno": line, "in_app": in_app,
            "pre_context": ["def total(cart):", "    sum = 0"],
            "context_line": "    sum += item[\"price\"]",
            "post_context": ["    return sum"],
            "vars": { "cart": "[{'name': 'chair'}]", "sum": 0, "deep": { "a": [1, 2, null] } },
        })
    };
    occurrence(json!({
        "type": "KeyError",
        "message": "'price'",
        "culprit": "shop.cart in total",
        "environment": "production",
        "release": "shop@2.4.1",
        "serverName": "web-3",
        "transaction": "POST /cart",
        "tags": { "browser": "Firefox 145", "customer": "acme" },
        "user": { "id": "17", "email": "eve@acme.example" },
        "request": {
            "method": "POST", "url": "https://shop.example/cart", "query_string": "a=1",
            "headers": [["Accept", "text/html"], ["User-Agent", "Mozilla/5.0"]],
            "cookies": "[Filtered]",
        },
        "exceptions": [
            { "type": "LookupError", "value": "no such column", "stacktrace": { "frames": [frame("db/rows.py", "column", 7, false)] } },
            {
                "type": "KeyError", "value": "'price'", "mechanism": { "type": "django", "handled": false },
                "stacktrace": { "frames": [
                    frame("django/core/handlers.py", "inner", 55, false),
                    frame("django/core/base.py", "_get_response", 197, false),
                    frame("shop/views.py", "add", 31, true),
                    frame("shop/cart.py", "total", 42, true),
                ] },
            },
        ],
        "breadcrumbs": [
            { "timestamp": "2026-11-21T11:58:29Z", "category": "query", "message": "SELECT * FROM items", "level": "info" },
            { "timestamp": "2026-11-21T11:58:30Z", "category": "http", "data": { "url": "https://pay.example", "status_code": 200 } },
        ],
        "contexts": { "runtime": { "name": "CPython", "version": "3.13.1" }, "os": { "name": "Linux" } },
        "extra": { "attempt": 3 },
        "modules": { "django": "5.2" },
        "sdk": { "name": "sentry.python", "version": "2.40.0" },
        "scrubbed": ["request.cookies"],
    }))
}

/// An event of an attacker.
pub(crate) fn hostile() -> Occurrence {
    let script = "<script>alert(1)</script><img src=x onerror=alert(2)>";
    let turned = "user\u{202e}nimda\u{2066}";
    let raw = "\u{0}\u{1b}[31mred\u{7}";
    let frame = json!({ "filename": script, "function": turned, "lineno": 1, "context_line": format!("{script}{raw}"), "vars": { script: raw } });
    occurrence(json!({
        "type": script,
        "message": format!("{turned} {script} {raw} {}", "x".repeat(1 << 20)),
        "culprit": turned,
        "tags": { script: turned },
        "user": { "id": script },
        "request": { "url": "javascript:alert(1)", "headers": { script: script } },
        "exceptions": [{ "type": script, "value": format!("{raw}{}", "y".repeat(1 << 20)), "stacktrace": { "frames": vec![frame; 10_000] } }],
        "breadcrumbs": vec![json!({ "message": script, "category": turned, "data": { script: raw } }); 500],
        "contexts": { script: { script: script } },
        "extra": { "deep": (0..60).fold(json!(script), |inner, _| json!([inner])) },
    }))
}

/// Returns the start of the line of a page that contains `text`.
pub(crate) fn around(html: &str, text: &str) -> String {
    let line = html.lines().find(|line| line.contains(text)).unwrap();
    line.chars().take(300).collect()
}
