use super::*;
use model::id::EventId;
use model::time::Timestamp;

fn received() -> Received {
    Received {
        event_id: EventId::from_bytes([1; 16]),
        received_at: Timestamp::from_seconds(1_700_000_000),
        sent_at: None,
        client_ip: Some("192.0.2.7".parse().unwrap()),
    }
}

fn occurrences(body: &str) -> Vec<Occurrence> {
    let sender = Sender { user_agent: Some("Browser/1"), release: Some("1.2"), environment: None };
    let (reports, refused) = parse(body.as_bytes()).unwrap();
    assert!(refused.is_empty());
    reports.into_iter().map(|report| normalise(report, &received(), &sender)).collect()
}

/// Checks `kind | message | culprit | request.url`.
#[track_caller]
fn check(body: &str, expected: &str) {
    let occurrence = &occurrences(body)[0];
    let url = occurrence.request.get("url").and_then(Value::as_str).unwrap_or("-");
    let culprit = occurrence.culprit.as_deref().unwrap_or("-");
    let found = format!("{} | {} | {culprit} | {url}", occurrence.kind, occurrence.message);
    assert_eq!(found, expected, "{body}");
    assert!(occurrence.contexts.contains_key(&occurrence.kind), "the report is kept");
    assert_eq!(
        (occurrence.user["ip_address"].as_str(), occurrence.release.as_deref()),
        (Some("192.0.2.7"), Some("1.2"))
    );
}

fn csp(blocked: &str, directive: &str) -> String {
    format!(
        r#"{{"csp-report":{{"document-uri":"https://shop.test/cart?x=1","blocked-uri":"{blocked}","violated-directive":"{directive}"}}}}"#
    )
}

#[test]
fn reports_get_a_title_that_says_what_was_blocked() {
    let url = "https://shop.test/cart?x=1";
    check(
        &csp("https://CDN.test:8443/a.css", "style-src 'self'"),
        &format!("csp | Blocked 'style' from 'cdn.test:8443' | style-src 'self' | {url}"),
    );
    check(
        &csp("https://shop.test/b.js", "script-src-elem"),
        &format!("csp | Blocked 'script-src-elem' from 'self' | script-src-elem | {url}"),
    );
    check(&csp("inline", "script-src"), &format!("csp | Blocked inline 'script' | script-src | {url}"));
    check(&csp("eval", "script-src"), &format!("csp | Blocked unsafe eval() 'script' | script-src | {url}"));
    check(&csp("", "img-src"), &format!("csp | Blocked 'img' from 'self' | img-src | {url}"));
    check(&csp("data", "img-src"), &format!("csp | Blocked 'img' from 'data:' | img-src | {url}"));
    check(
        &csp("data:image/png;base64,AAAA", "img-src"),
        &format!("csp | Blocked 'img' from 'data:' | img-src | {url}"),
    );
    check(
        r#"{"expect-ct-report":{"hostname":"www.shop.test","port":443,"date-time":"2014-04-06T13:00:50Z"}}"#,
        "expect-ct | Expect-CT failed for 'www.shop.test' | www.shop.test | https://www.shop.test/",
    );
    check(
        r#"{"expect-staple-report":{"hostname":"www.shop.test","port":8443,"cert-status":"REVOKED"}}"#,
        "expect-staple | Expect-Staple failed for 'www.shop.test' | www.shop.test | https://www.shop.test:8443/",
    );
    check(
        r#"{"hostname":"www.shop.test","noted-hostname":"shop.test","known-pins":["pin-sha256=\"x\""]}"#,
        "hpkp | Public key pinning failed for 'www.shop.test' | www.shop.test | https://www.shop.test/",
    );
}

#[test]
fn a_list_of_the_reporting_api_is_several_reports() {
    let list = occurrences(
        r#"[{"type":"csp-violation","age":2000,"url":"https://shop.test/a","user_agent":"Other/2",
             "body":{"blockedURL":"https://evil.test/x.js","effectiveDirective":"script-src","disposition":"enforce"}},
            {"type":"deprecation","url":"https://shop.test/b","body":{"id":"WebSQL","message":"WebSQL is going away","sourceFile":"https://shop.test/b.js"}}]"#,
    );
    assert_eq!(
        list.iter().map(|one| one.message.as_str()).collect::<Vec<_>>(),
        ["Blocked 'script' from 'evil.test'", "WebSQL is going away"]
    );
    assert_eq!(list[0].timestamp.seconds(), 1_699_999_998, "its age is subtracted");
    assert_eq!(list[0].request["headers"]["User-Agent"], "Other/2");
    assert_eq!(list[1].request["headers"]["User-Agent"], "Browser/1");
    assert_eq!(list[0].tags["blocked-host"], "evil.test");
    assert_eq!(list[0].tags["effective-directive"], "script-src");
}

#[test]
fn an_invalid_report_is_refused_alone() {
    for bad in ["", "nope", "[]", "{}", "7", "{\"csp-report\":7}", "[7]", "{\"type\":\"csp-violation\"}"] {
        let refusal = parse(bad.as_bytes()).unwrap_err();
        assert!(matches!(refusal.reason, Reason::BodyNotJson | Reason::BodyInvalid), "{bad}");
    }
    let (reports, refused) = parse(br#"[7,{"type":"x","body":{}},{}]"#).unwrap();
    assert_eq!((reports.len(), refused.len()), (1, 2));
    assert_eq!(refused[1].path, ["2"]);
    let many = format!("[{}]", vec![r#"{"type":"x","body":{}}"#; 500].join(","));
    let (reports, refused) = parse(many.as_bytes()).unwrap();
    assert_eq!((reports.len(), refused.len()), (MAX_REPORTS, 1));
}

/// Browsers also report successes, if a site asks for it. These are not errors.
#[test]
fn a_report_without_a_failure_is_not_stored() {
    let nel = |kind: &str, status: u16| {
        format!(
            r#"{{"type":"network-error","age":1,"url":"https://shop.test/","body":{{"type":"{kind}","status_code":{status}}}}}"#
        )
    };
    for body in [nel("ok", 200), format!("[{}]", nel("ok", 200)), nel("abandoned", 0)] {
        let (reports, refused) = parse(body.as_bytes()).unwrap();
        assert_eq!((reports.len(), refused.len()), (0, 1), "{body}");
        assert_eq!(refused[0].reason, Reason::ItemNotStored);
        assert!(refused[0].message.contains("`network-error`"), "{}", refused[0]);
    }
    let list = format!(
        r#"[{},{},{{"type":"csp-hash","body":{{}}}},{}]"#,
        nel("ok", 200),
        nel("http.error", 503),
        nel("http.error", 404)
    );
    let (reports, refused) = parse(list.as_bytes()).unwrap();
    assert_eq!((reports.len(), refused.len()), (2, 2));
    let levels: Vec<_> =
        reports.into_iter().map(|report| normalise(report, &received(), &Sender::default()).level.as_str()).collect();
    assert_eq!(levels, ["error", "warning"]);
    let levels: Vec<_> =
        ["tcp.timed_out", "dns.name_not_resolved"].map(|kind| occurrences(&nel(kind, 0))[0].level.as_str()).into();
    assert_eq!(levels, ["error", "error"]);
    assert_eq!(occurrences(r#"{"type":"crash","body":{"reason":"oom"}}"#)[0].level.as_str(), "fatal");
}

#[test]
fn reports_that_would_take_much_memory_are_refused() {
    let body = format!("[{}0]", r#"{"a":0},"#.repeat(100_000));
    assert_eq!(parse(body.as_bytes()).unwrap_err().reason, Reason::BodyTooLargeUnpacked);
}
