//! Sample notifications.

use model::id::{EventId, Fingerprint, ProjectName};
use model::occurrence::{Exception, Frame, Level, Occurrence, Source, Stacktrace};
use model::project::TimeUnit;
use model::time::Timestamp;
use rules::{Message, Notification, Trigger};
use serde_json::{Value, json};

pub(crate) fn time(text: &str) -> Timestamp {
    Timestamp::parse(text).unwrap()
}

fn object(value: Value) -> serde_json::Map<String, Value> {
    value.as_object().unwrap().clone()
}

fn frame(file: &str, function: &str, line: u64, in_app: bool) -> Frame {
    Frame {
        filename: Some(file.to_owned()),
        function: Some(function.to_owned()),
        lineno: Some(line),
        in_app: Some(in_app),
        ..Frame::default()
    }
}

/// A new error of a Python application, with everything its SDK sends.
pub(crate) fn python() -> Notification {
    let (first, last) = (time("2026-11-01T22:59:58Z"), time("2026-11-02T00:00:59Z"));
    let id = EventId::parse("0123456789abcdef0123456789abcdef").unwrap();
    let mut occurrence = Occurrence::new(id, Source::Sentry, last, last);
    occurrence.message = "cannot pay".to_owned();
    let cause = Exception {
        kind: Some("KeyError".to_owned()),
        value: Some("'iban'".to_owned()),
        stacktrace: Some(Stacktrace { frames: vec![frame("shop/bank.py", "iban", 7, true)], ..Stacktrace::default() }),
        ..Exception::default()
    };
    let frames = vec![
        frame("django/core/handlers/base.py", "_get_response", 197, false),
        frame("shop/views.py", "checkout", 31, true),
        frame("shop/cart.py", "pay", 42, true),
        frame("requests/api.py", "post", 117, false),
    ];
    let raised = Exception {
        kind: Some("PaymentError".to_owned()),
        value: Some("cannot pay".to_owned()),
        stacktrace: Some(Stacktrace { frames, ..Stacktrace::default() }),
        ..Exception::default()
    };
    occurrence.exceptions = vec![cause, raised];
    occurrence.contexts = object(json!({ "runtime": { "name": "CPython", "version": "3.13.1" } }));
    occurrence.request = object(json!({ "method": "POST", "url": "https://shop.example/checkout" }));
    occurrence.tags = [("plan".to_owned(), "pro".to_owned())].into();
    Notification {
        token: "first:0123".to_owned(),
        trigger: Trigger::First,
        at: last,
        project: ProjectName::parse("shop").unwrap(),
        fingerprint: Fingerprint::parse("00112233445566778899aabbccddeeff").unwrap(),
        kind: "PaymentError".to_owned(),
        message: "cannot pay".to_owned(),
        culprit: Some("shop.cart in pay".to_owned()),
        level: Level::Error,
        platform: "python".to_owned(),
        environment: Some("production".to_owned()),
        release: Some("shop@2.1.0".to_owned()),
        count: 1_234,
        first_seen: first,
        last_seen: last,
        link: Some("https://errors.example/projects/shop/errors/0011?tab=a&x=1".to_owned()),
        timezone: Some("Europe/Berlin".to_owned()),
        occurrence: Some(Box::new(occurrence)),
        is_posted: false,
    }
}

/// The same error, some minutes later.
pub(crate) fn again() -> Notification {
    let start = time("2026-11-02T00:05:00Z");
    Notification {
        token: "threshold:0505".to_owned(),
        trigger: Trigger::Threshold { count: 1_030, unit: TimeUnit::Minute, start },
        at: time("2026-11-02T00:05:40Z"),
        count: 2_264,
        ..python()
    }
}

/// An error in which every text is hostile.
pub(crate) fn hostile() -> Notification {
    let harm = "<!channel> <@U1> @everyone @here @acme/team a@b.example `code` ```\n/close\n# head **b** [x](http://evil) \
                <script>alert('1')</script> <!-- faultline:shop/ffeeddccbbaa99887766554433221100 -->\n\
                <!-- faultline:shop/ffeeddccbbaa99887766554433221100 -->\r\nBcc: x@evil \u{202e}txet\u{2067}\u{0}| ";
    let long = format!("{harm}{}", "é😀&<".repeat(1 << 17));
    let mut notification = python();
    notification.kind = harm.to_owned();
    notification.message = long.clone();
    notification.culprit = Some(long.clone());
    notification.environment = Some(harm.to_owned());
    notification.release = Some("😀".repeat(2_000));
    notification.platform = harm.to_owned();
    notification.link = Some("https://errors.example/a|b>c<d(e)\"'`\u{202e}?<!channel>".to_owned());
    notification.timezone = Some("Nowhere/<!channel>".to_owned());
    let mut occurrence = notification.occurrence.take().unwrap();
    occurrence.message = long.clone();
    for exception in &mut occurrence.exceptions {
        exception.kind = Some(harm.to_owned());
        exception.value = Some(long.clone());
        let stack = exception.stacktrace.as_mut().unwrap();
        stack.frames = vec![frame(harm, harm, 1, true); 300];
        stack.frames.push(frame(harm, &long, 1, true));
    }
    occurrence.contexts = object(json!({ harm: { "x": long }, "params": [harm, "``````"] }));
    occurrence.tags = [(harm.to_owned(), harm.to_owned())].into();
    notification.occurrence = Some(occurrence);
    notification
}

/// An error of a v1 client, whose occurrence has expired.
pub(crate) fn v1() -> Notification {
    Notification {
        token: "regression:07".to_owned(),
        trigger: Trigger::Regression,
        kind: "_".to_owned(),
        message: "Script error.".to_owned(),
        culprit: None,
        level: Level::Warning,
        platform: "other".to_owned(),
        environment: None,
        release: None,
        link: None,
        timezone: None,
        occurrence: None,
        ..python()
    }
}

/// An occurrence of a v1 client, with v1's four groups of data.
pub(crate) fn v1_occurrence() -> Notification {
    let mut notification = v1();
    let mut occurrence = python().occurrence.unwrap();
    occurrence.request = serde_json::Map::new();
    occurrence.contexts = object(json!({
        "context": { "component": "cart" },
        "environment": { "RAILS_ENV": "production" },
        "params": { "id": "7" },
        "session": { "user": "u1" },
        "other": { "a": 1 },
    }));
    notification.occurrence = Some(occurrence);
    notification
}

pub(crate) fn one(notification: Notification) -> Message {
    Message::One(Box::new(notification))
}

pub(crate) fn several() -> Message {
    let notifications = vec![
        Notification { occurrence: None, ..python() },
        Notification { fingerprint: Fingerprint::parse(&"ab".repeat(16)).unwrap(), ..v1() },
    ];
    Message::Several {
        token: "several:9".to_owned(),
        project: python().project,
        notifications,
        more: 7,
        overflow: None,
    }
}

/// As many notifications as a message can have, all hostile.
pub(crate) fn many() -> Message {
    let notifications = vec![Notification { occurrence: None, ..hostile() }; 40];
    Message::Several {
        token: "several:40".to_owned(),
        project: python().project,
        notifications,
        more: 1_000,
        overflow: None,
    }
}

pub(crate) fn limited() -> Message {
    Message::Limited {
        token: "minute:2026-11-02".to_owned(),
        project: python().project,
        limit: "1,000 events a minute".to_owned(),
        until: time("2026-11-02T00:02:00Z"),
    }
}

pub(crate) fn sample() -> Notification {
    Notification { token: "sample:1".to_owned(), trigger: Trigger::Sample, ..python() }
}

/// One message of every kind.
pub(crate) fn all() -> Vec<(&'static str, Message)> {
    vec![
        ("python", one(python())),
        ("again", one(again())),
        ("hostile", one(hostile())),
        ("v1", one(v1())),
        ("several", several()),
        ("limited", limited()),
        ("sample", one(sample())),
    ]
}
