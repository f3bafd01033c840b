//! Sends what an application sends, and dies of a panic. The tag `case` says which SDK behaviour an event is for.

use std::error::Error;
use std::fmt;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use sentry::protocol::{Attachment, Context, Event, Map, User, Value};
use sentry::{Breadcrumb, ClientOptions, Level, TransactionContext};
use serde_json::json;

const SECRET: &str = "correct-horse-battery";

#[derive(Debug)]
struct OrderMissing(u32);

impl fmt::Display for OrderMissing {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "order {} is missing", self.0)
    }
}

impl Error for OrderMissing {}

#[derive(Debug)]
struct Failed(&'static str);

impl fmt::Display for Failed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl Error for Failed {}

#[derive(Debug)]
struct PaymentRefused(std::num::ParseIntError);

impl fmt::Display for PaymentRefused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("no card on file")
    }
}

impl Error for PaymentRefused {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(&self.0)
    }
}

/// Runs `action` with a scope that has the tag `case`.
fn case<T>(name: &str, action: impl FnOnce() -> T) {
    sentry::with_scope(|scope| scope.set_tag("case", name), action);
}

#[inline(never)]
fn load_order(number: u32) {
    sentry::capture_error(&OrderMissing(number));
}

#[inline(never)]
fn parse_price() {
    sentry::capture_error(&Failed("cannot read the price"));
}

#[inline(never)]
fn parse_quantity() {
    sentry::capture_error(&Failed("cannot read the quantity"));
}

fn rich() {
    sentry::configure_scope(|scope| {
        for (name, value) in [("customer", "acme"), ("retries", "3")] {
            scope.set_tag(name, value);
        }
        scope.set_user(Some(User {
            id: Some("42".into()),
            email: Some("jo@example.org".into()),
            username: Some("jo".into()),
            other: Map::from([("plan".into(), "gold".into())]),
            ..User::default()
        }));
        let cart =
            Map::from([("items".into(), 3.into()), ("total".into(), 12.5.into()), ("coupon".into(), Value::Null)]);
        scope.set_context("cart", Context::Other(cart));
        scope.set_extra("password", SECRET.into());
        scope.set_extra("login", json!({ "password": SECRET, "theme": "dark" }));
        scope.set_extra("note", json!(["a", { "b": 1 }]));
        scope.add_attachment(Attachment {
            buffer: b"attached\n\x00\xff".to_vec(),
            filename: "log.bin".into(),
            ..Attachment::default()
        });
    });
    sentry::add_breadcrumb(Breadcrumb {
        category: Some("ui".into()),
        message: Some("opened the cart".into()),
        data: Map::from([("items".into(), 3.into())]),
        ..Breadcrumb::default()
    });
    sentry::add_breadcrumb(Breadcrumb {
        ty: "http".into(),
        category: Some("http".into()),
        data: Map::from([("url".into(), "/pay".into()), ("status_code".into(), 402.into())]),
        ..Breadcrumb::default()
    });
    sentry::capture_error(&Failed("not allowed to pay"));
}

fn large() {
    let rows: Map<String, Value> =
        (0..100).map(|row| (format!("row {row}"), format!("{row} ").repeat(200).into())).collect();
    sentry::configure_scope(|scope| scope.set_extra("rows", json!(rows)));
    sentry::capture_error(&Failed("a large one"));
}

fn unicode() {
    sentry::configure_scope(|scope| scope.set_tag("ville", "Zürich – 東京"));
    sentry::capture_error(&Failed("échec: файл не найден 🦀"));
}

#[inline(never)]
fn work_in_thread() {
    panic!("the worker stopped");
}

#[inline(never)]
fn count_stock() {
    panic!("no stock to count");
}

/// These must create nothing: transactions and logs. The SDK itself sends sessions.
fn things_that_are_no_errors() {
    let transaction = sentry::start_transaction(TransactionContext::new("nightly", "task"));
    transaction.start_child("db", "SELECT 1").finish();
    transaction.finish();
    sentry::logger_warn!(user = "jo", "a log line");
}

fn main() -> Result<(), Box<dyn Error>> {
    let directory = PathBuf::from(std::env::var("FAULTLINE_SENT")?);
    let record = move |event: Event<'static>| {
        let text = serde_json::to_vec(&event).expect("an event is JSON");
        std::fs::write(directory.join(format!("{}.json", event.event_id.simple())), text)
            .expect("the directory is there");
        Some(event)
    };
    let mut options = ClientOptions::new()
        .release("shop@1.2.3")
        .environment("live-test")
        .server_name("till-7")
        .debug(true)
        .attach_stacktrace(true)
        .send_default_pii(true)
        .traces_sample_rate(1.0)
        // A slow machine may need more than the SDK's default of two seconds to send the rest.
        .shutdown_timeout(Duration::from_secs(30));
    options.auto_session_tracking = true;
    options.before_send = Some(Arc::new(record));
    // Sends the rest when `main` ends, also by a panic.
    let _guard = sentry::init(options);

    for number in [17, 18] {
        case("twice", || load_order(number));
    }
    case("other type", || sentry::capture_error(&"ten".parse::<u32>().expect_err("no number")));
    case("one function", parse_price);
    case("another function", parse_quantity);
    case("chained", || sentry::capture_error(&PaymentRefused("x".parse::<i32>().expect_err("no number"))));
    for user in [123, 456] {
        case("message", || sentry::capture_message(&format!("user {user} not found"), Level::Warning));
    }
    case("rich", rich);
    case("large", large);
    case("unicode", unicode);
    things_that_are_no_errors();
    case("caught panic", || std::panic::catch_unwind(count_stock));
    sentry::configure_scope(|scope| scope.set_tag("case", "thread"));
    let hub = sentry::Hub::new_from_top(sentry::Hub::current());
    let thread = std::thread::spawn(|| sentry::Hub::run(hub.into(), work_in_thread));
    thread.join().expect_err("it panics");
    sentry::configure_scope(|scope| scope.set_tag("case", "unhandled"));
    panic!("nobody caught this");
}
