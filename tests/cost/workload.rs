//! Events as Sentry SDKs send them, of about 3 kB each.

use model::id::{DebugId, EventId};
use serde_json::{Value, json};

/// How alike the events of a workload are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// All are of one existing error.
    Like,
    /// They are of 100 existing errors.
    Mixed,
    /// Each event in a batch is of a different existing error. This is the worst case for what a batch shares.
    Different,
    /// Each is of a new error.
    New,
    /// They are of 100 existing errors of a minified script, whose source map was uploaded.
    Mapped,
}

/// How fast events come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rate {
    /// Each comes alone in its batch, some seconds apart.
    Low,
    /// As many come as the largest batch that the event source of template.yaml allows.
    High,
}

impl Kind {
    /// All but `Mapped`, which has a table of its own.
    pub const ALL: [Self; 4] = [Self::Like, Self::Mixed, Self::Different, Self::New];

    /// Returns the number of the error that an event is of, with batches of `batch` events.
    pub fn error_of(self, event: usize, batch: usize) -> usize {
        match self {
            Self::Like => 0,
            Self::Mixed | Self::Mapped => event % 100,
            Self::Different => event % batch,
            Self::New => event,
        }
    }
}

/// Returns a number that looks random but depends only on the arguments.
fn mixed(number: usize, salt: u64) -> u64 {
    let mut x = (number as u64).wrapping_add(salt.wrapping_mul(0x9E37_79B9_7F4A_7C15));
    for _ in 0..3 {
        x = (x ^ (x >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    }
    x ^ (x >> 31)
}

const WORDS: [&str; 32] = [
    "account", "address", "basket", "billing", "catalog", "checkout", "coupon", "customer", "delivery", "discount",
    "export", "gateway", "import", "invoice", "ledger", "mailer", "merchant", "order", "parcel", "payment", "picker",
    "price", "product", "profile", "quota", "refund", "report", "session", "shipment", "stock", "tariff", "voucher",
];

fn word(number: usize, salt: u64) -> &'static str {
    WORDS[(mixed(number, salt) % WORDS.len() as u64) as usize]
}

/// The script of the events of `Kind::Mapped`, and its debug id.
const SCRIPT: &str = "https://shop.example/assets/main.js";
pub(super) fn script_id() -> DebugId {
    DebugId::from_bytes([7; 16])
}

/// The frames of an event.
pub(super) const FRAMES: usize = 8;

/// Returns an envelope of this kind.
pub fn envelope_of(kind: Kind, event: usize, error: usize, second: i64) -> String {
    match kind {
        Kind::Mapped => pack(event, error, second, script_event),
        Kind::Like | Kind::Mixed | Kind::Different | Kind::New => envelope(event, error, second),
    }
}

/// Returns an envelope with event number `event` of error number `error`, which happened at `second` since 1970.
pub fn envelope(event: usize, error: usize, second: i64) -> String {
    pack(event, error, second, event_of)
}

fn pack(event: usize, error: usize, second: i64, make: fn(usize, usize, &str, i64) -> Value) -> String {
    let bits = u128::from(mixed(event, 1)) << 64 | u128::from(mixed(event, 2));
    let id = EventId::from_bytes(bits.to_be_bytes()).to_string();
    let body = make(event, error, &id, second).to_string();
    format!("{{\"event_id\":\"{id}\"}}\n{{\"type\":\"event\",\"length\":{}}}\n{body}\n", body.len())
}

/// The same event, of a minified script.
fn script_event(event: usize, error: usize, id: &str, second: i64) -> Value {
    let mut sent = event_of(event, error, id, second);
    let frames = (0..FRAMES).map(|frame| {
        json!({ "filename": SCRIPT, "function": "x", "lineno": error + 1, "colno": frame * 10 + 1, "in_app": true })
    });
    sent["exception"]["values"][0]["stacktrace"]["frames"] = frames.collect();
    sent["platform"] = "javascript".into();
    sent["debug_meta"] = json!({ "images": [{ "type": "sourcemap", "code_file": SCRIPT, "debug_id": script_id() }] });
    sent
}

/// An event with eight frames, tags, a user, a request and contexts.
fn event_of(event: usize, error: usize, id: &str, second: i64) -> Value {
    let of_error = |salt| word(error, salt);
    let frames: Vec<_> = (0..8)
        .map(|frame: usize| {
            let (module, verb) = (of_error(10 + frame as u64), of_error(30 + frame as u64));
            let line = 20 + (mixed(error, 50 + frame as u64) % 300) as usize;
            json!({
                "filename": format!("shop/{module}/handlers.py"), "abs_path": format!("/srv/app/shop/{module}/handlers.py"),
                "module": format!("shop.{module}.handlers"), "function": format!("{verb}_{module}_{}", error % 97),
                "lineno": line, "in_app": frame > 2, "pre_context": [format!("    {verb} = self.load({module})")],
                "context_line": format!("    return self.{verb}({module}, total)"),
                "post_context": ["", format!("def next_{verb}(self):")],
            })
        })
        .collect();
    let user = mixed(event, 3) % 1_000;
    json!({
        "event_id": id, "timestamp": second, "platform": "python", "level": "error",
        "release": "shop@4.7.1", "environment": "production",
        "server_name": format!("web-{}", mixed(event, 4) % 8), "transaction": format!("/{}/{}", of_error(5), of_error(6)),
        "sdk": { "name": "sentry.python", "version": "2.19.0" },
        "tags": { "tenant": format!("t{}", mixed(event, 5) % 40), "handler": of_error(7) },
        "user": { "id": user.to_string(), "email": format!("user{user}@example.org"), "ip_address": "203.0.113.7" },
        "request": {
            "method": "POST", "url": format!("https://shop.example/{}/{}", of_error(5), mixed(event, 6) % 10_000),
            "headers": { "User-Agent": "Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0" },
        },
        "contexts": {
            "runtime": { "name": "CPython", "version": "3.12.7" }, "os": { "name": "Linux", "version": "6.8.0" },
            "trace": { "trace_id": format!("{:032x}", mixed(event, 7)), "span_id": format!("{:016x}", mixed(event, 8)) },
        },
        "exception": { "values": [{
            "type": "ValueError", "value": format!("{} {error} of {} has no {}", of_error(8), of_error(9), of_error(7)),
            "stacktrace": { "frames": frames },
        }] },
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The figures are stated for events of about 3 kB.
    #[test]
    fn an_event_has_about_three_kilobytes() {
        let sizes: Vec<_> = (0..100).map(|n| envelope(n, n, 1_790_000_000).len()).collect();
        let mean = sizes.iter().sum::<usize>() / sizes.len();
        assert!((2_800..3_600).contains(&mean), "{mean} bytes");
    }
}
