//! What a Sentry event costs on its way through `domain`: parse, normalise, scrub, group, serialise.
//!
//!     cargo bench -p faultline-domain --bench sentry
//!
//! The event is a Python one of 3 kB, the median of real ones; the whole is meant to stay below 60 µs.

use divan::{Bencher, black_box};
use domain::grouping::{explain, group, parameterise};
use domain::id::EventId;
use domain::json;
use domain::occurrence::Occurrence;
use domain::scrub::{Rules, scrub};
use domain::sentry::{Envelope, Received, normalise, peek};
use domain::time::Timestamp;
use serde_json::{Map, Value};

fn main() {
    divan::main();
}

/// An event in the shape that `sentry-sdk` for Python sends from a Django view: two chained exceptions, six frames with
/// variables and source, a request, breadcrumbs, contexts.
fn event() -> String {
    let frame = |module: &str, function: &str, line: u32, in_app: bool, source: &str| {
        let path = module.replace('.', "/");
        format!(
            r#"{{"filename":"{path}.py","abs_path":"/srv/app/{path}.py","function":"{function}","module":"{module}","lineno":{line},
            "pre_context":["def {function}(self, request):"],"context_line":"    {source}","post_context":["    return response"],
            "vars":{{"self":"<{module}.View object at 0x7f3a2c1d>","request":"<WSGIRequest: GET '/cart/17/'>"}},"in_app":{in_app}}}"#
        )
    };
    let frames = [
        frame("django.core.handlers.exception", "inner", 55, false, "response = get_response(request)"),
        frame("shop.views.cart", "get", 31, true, "items = self.load(cart_id)"),
        frame("shop.services.cart", "load", 112, true, "return self.rows[cart_id]"),
    ]
    .join(",");
    let text = format!(
        r#"{{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","timestamp":"2023-11-14T22:13:10.123456Z","platform":"python","level":"error",
        "exception":{{"values":[
          {{"module":"builtins","type":"KeyError","value":"17","mechanism":{{"type":"chained","handled":true,"exception_id":1,"parent_id":0}},"stacktrace":{{"frames":[{frames}]}}}},
          {{"module":"shop.errors","type":"CartError","value":"cart 17 of ann@example.com cannot be loaded","mechanism":{{"type":"django","handled":false,"exception_id":0}},"stacktrace":{{"frames":[{}]}}}}]}},
        "request":{{"url":"https://shop.example.com/cart/17/","method":"GET","query_string":"page=2&token=abc","headers":{{"Host":"shop.example.com","User-Agent":"Mozilla/5.0","Authorization":"Bearer abcdef123456","Cookie":"sessionid=abc; theme=dark"}},"env":{{"SERVER_NAME":"web-1","SERVER_PORT":"80"}}}},
        "user":{{"id":42,"email":"ann@example.com"}},"tags":{{"region":"eu"}},"transaction":"/cart/{{id}}/","server_name":"web-1","release":"shop@2.4.1","environment":"production",
        "breadcrumbs":{{"values":[{{"timestamp":"2023-11-14T22:13:09Z","category":"query","message":"SELECT id, owner FROM cart WHERE id = %s","data":{{"db":"main"}}}},{{"timestamp":"2023-11-14T22:13:10Z","category":"shop","level":"info","message":"loading cart 17"}}]}},
        "contexts":{{"runtime":{{"name":"CPython","version":"3.12.1"}},"trace":{{"trace_id":"0af7651916cd43dd8448eb211c80319c","span_id":"b7ad6b7169203331"}}}},
        "modules":{{"django":"5.0.1","sentry-sdk":"2.1.0","psycopg":"3.1.18"}},"sdk":{{"name":"sentry.python.django","version":"2.1.0","integrations":["django","logging","stdlib"]}}}}"#,
        frame("shop.views.cart", "get", 33, true, "raise CartError(cart_id) from error")
    );
    let value: Value = serde_json::from_str(&text).expect("the sample is JSON");
    value.to_string()
}

fn received() -> Received {
    Received {
        event_id: EventId::from_bytes([1; 16]),
        received_at: Timestamp::from_seconds(1_700_000_000),
        sent_at: Some(Timestamp::from_seconds(1_700_000_000)),
        client_ip: None,
    }
}

fn parsed() -> Map<String, Value> {
    json::parse(event().as_bytes()).expect("the sample is JSON")
}

fn scrubbed() -> Occurrence {
    let mut occurrence = normalise(parsed(), &received());
    scrub(&mut occurrence, &Rules::default());
    occurrence
}

/// Everything that digest does with an event before it is stored.
#[divan::bench]
fn whole(bencher: Bencher<'_, '_>) {
    let body = event();
    let rules = Rules::default();
    bencher.bench_local(|| {
        let event = json::parse(black_box(body.as_bytes())).expect("the sample is JSON");
        let mut occurrence = normalise(event, &received());
        scrub(&mut occurrence, &rules);
        let grouping = group(&occurrence);
        (serde_json::to_vec(&occurrence).expect("text keys only"), grouping)
    });
}

#[divan::bench]
fn parse_only(bencher: Bencher<'_, '_>) {
    let body = event();
    bencher.bench_local(|| json::parse::<Map<String, Value>>(black_box(body.as_bytes())));
}

#[divan::bench]
fn normalise_only(bencher: Bencher<'_, '_>) {
    let event = parsed();
    bencher.with_inputs(|| event.clone()).bench_local_values(|event| normalise(event, &received()));
}

#[divan::bench]
fn scrub_only(bencher: Bencher<'_, '_>) {
    let occurrence = normalise(parsed(), &received());
    let rules = Rules::default();
    bencher.with_inputs(|| occurrence.clone()).bench_local_refs(|occurrence| scrub(occurrence, &rules));
}

#[divan::bench]
fn group_only(bencher: Bencher<'_, '_>) {
    let occurrence = scrubbed();
    bencher.bench_local(|| group(black_box(&occurrence)));
}

#[divan::bench]
fn explain_only(bencher: Bencher<'_, '_>) {
    let occurrence = scrubbed();
    bencher.bench_local(|| explain(black_box(&occurrence)));
}

#[divan::bench]
fn serialise_only(bencher: Bencher<'_, '_>) {
    let occurrence = scrubbed();
    bencher.bench_local(|| serde_json::to_vec(black_box(&occurrence)));
}

/// What ingest does with an envelope on the critical path.
#[divan::bench]
fn envelope_and_peek(bencher: Bencher<'_, '_>) {
    let event = event();
    let head = r#"{"event_id":"fc6d8c0c43fc4630ad850ee518f1b9d0","sent_at":"2023-11-14T22:13:20Z"}"#;
    let body = format!("{head}\n{{\"type\":\"event\",\"length\":{}}}\n{event}\n", event.len());
    bencher.bench_local(|| {
        let envelope = Envelope::parse(black_box(body.as_bytes())).expect("the sample is an envelope");
        envelope.items.iter().map(|item| peek(item.payload).is_ok()).collect::<Vec<_>>()
    });
}

#[divan::bench]
fn parameterise_a_message(bencher: Bencher<'_, '_>) {
    let text = "order 4711 of ann@example.com failed at 2024-01-02T03:04:05Z on web-1.example.com: timeout after 30s (id 7c1811ed-e98f-4c9c-a9f9-58c757ff494f)";
    bencher.bench_local(|| parameterise(black_box(text)).into_owned());
}
