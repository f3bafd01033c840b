//! Samples of the list of errors and of an error's page.

use model::occurrence::Occurrence;
use model::time::Timestamp;
use web_pages::{
    AttachmentRow, AttachmentState, Chart, ChartBar, Comment, ErrorHead, ErrorPage, ErrorRow, ErrorsPage, HistoryRow,
    IssueLink, MergedRow, Moment, OccurrenceView, Preview, Ranges, Search, Sparkline, Steps, Tab, TagTop, TypedInput,
};

use super::frame;

pub(crate) fn now() -> Timestamp {
    Timestamp::parse("2026-11-21T12:00:00Z").unwrap()
}

pub(crate) fn ago(seconds: i64) -> Moment {
    Moment::new(now().plus_seconds(-seconds), now())
}

pub(crate) fn hours() -> Sparkline {
    Sparkline::new((0..24).map(|hour| if hour % 5 == 4 { 0 } else { (hour * 7 + 3) % 11 }).collect())
}

pub(crate) fn row(level: &'static str, kind: &str, message: &str) -> ErrorRow {
    ErrorRow {
        fingerprint: "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
        level,
        kind: kind.to_owned(),
        message: message.to_owned(),
        culprit: Some("shop.cart in total".to_owned()),
        status: "unresolved",
        is_new: false,
        is_regressed: false,
        assignee: None,
        hours: hours(),
        count: 12_345,
        users: 321,
        first_seen: ago(40 * 86_400),
        last_seen: ago(90),
    }
}

pub(crate) fn errors(rows: Vec<ErrorRow>) -> ErrorsPage {
    let tab = |name, is_here| Tab { name, href: format!("/projects/shop/errors?status={name}"), is_here };
    ErrorsPage {
        frame: frame("Errors of shop", Some("shop")),
        project: "shop".to_owned(),
        tabs: vec![tab("unresolved", true), tab("resolved", false), tab("muted", false), tab("all", false)],
        search: Search { status: "unresolved".to_owned(), ..Search::default() },
        rows,
        chosen: Vec::new(),
        cursor: String::new(),
        uncertain: Vec::new(),
        examined: None,
        first: None,
        next: Some("/projects/shop/errors?cursor=x".to_owned()),
        has_events: true,
    }
}

pub(crate) fn error_of(project: &str, occurrence: &Occurrence) -> ErrorPage {
    let why = grouping::explain(occurrence).1;
    let steps = Steps {
        first: Some("/first".to_owned()),
        older: Some("/older".to_owned()),
        newer: None,
        last: None,
        raw: "/raw".to_owned(),
        markdown: "/last.md".to_owned(),
    };
    let start = now().plus_seconds(-24 * 3_600);
    let bars = (0..24).map(|hour| ChartBar {
        start: start.plus_seconds(hour * 3_600),
        name: format!("{:02}:00", (hour + 12) % 24),
        count: (hour as u64 * 37) % 23,
        href: Some(format!("/zoom/{hour}")),
    });
    ErrorPage {
        members: vec!["Ada Lovelace".to_owned()],
        frame: frame("error", Some(project)),
        project: project.to_owned(),
        address: format!("https://faultline.example/projects/{}/errors/0f1e", web_pages::encoded(project)),
        head: ErrorHead {
            fingerprint: "0f1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned(),
            level: occurrence.level.as_str(),
            kind: occurrence.kind.clone(),
            message: occurrence.message.clone(),
            culprit: occurrence.culprit.clone(),
            platform: occurrence.platform.clone(),
            status: "unresolved",
            status_note: None,
            regressed: Some((ago(7_300), Some("shop@2.4.1".to_owned()))),
            assignee: Some("ada@acme.example".to_owned()),
            count: 12_345,
            users: 321,
            first_seen: ago(40 * 86_400),
            last_seen: ago(90),
            issues: vec![IssueLink { number: 42, url: "https://github.com/acme/shop/issues/42".to_owned() }],
            parts: vec![merged()],
        },
        chart: Chart::new(bars.collect(), now(), "now", &[(now().plus_seconds(-30_000), "shop@2.4.1".to_owned())]),
        ranges: Ranges {
            choices: vec![("24 h", "?range=24h".to_owned(), true), ("14 d", "?range=14d".to_owned(), false)],
            zoomed: None,
        },
        tags: vec![TagTop {
            name: "browser".to_owned(),
            values: vec![
                ("Firefox 145".to_owned(), 9_000, 73, "/f".to_owned()),
                ("<script>alert(1)</script>".to_owned(), 3_000, 24, "/s".to_owned()),
            ],
            rest: 345,
        }],
        history: vec![
            HistoryRow {
                at: ago(7_300),
                by: "shop@2.4.1".to_owned(),
                what: "caused a regression".to_owned(),
                comment: None,
                feedback: None,
            },
            HistoryRow {
                at: ago(90_000),
                by: "ada".to_owned(),
                what: "commented".to_owned(),
                comment: Some(Comment {
                    id: "01K".to_owned(),
                    text: "fixed by 4f2c\nI hope".to_owned(),
                    is_deletable: true,
                }),
                feedback: None,
            },
            HistoryRow {
                at: ago(95_000),
                by: "Jo".to_owned(),
                what: "sent feedback about the event 4bf92f3577b34da6a3ce929d0e0e4736".to_owned(),
                comment: None,
                feedback: Some("I <b>cannot</b> pay".to_owned()),
            },
        ],
        occurrence: Some(
            OccurrenceView::new(occurrence, Some(why), steps, None, now()).with_attachments(attachments()),
        ),
        opened: None,
        typed: TypedInput::default(),
    }
}

fn attachments() -> Vec<AttachmentRow> {
    let stored = |preview| AttachmentState::Stored { href: "/pages/a/attachments/0".to_owned(), preview };
    let row = |name: &str, kind: &str, size, state| AttachmentRow {
        name: name.to_owned(),
        kind: kind.to_owned(),
        size,
        state,
    };
    vec![
        row("\"><script>alert(1)</script>.png", "image/png", 48_300, stored(Preview::Image)),
        row("app.log", "text/plain", 20_000, stored(Preview::Text("<b>started</b>\n\u{202e}done".to_owned()))),
        row("crash.dmp", "event.minidump", 1, stored(Preview::None)),
        row("video.mp4", "", 9_000_000, AttachmentState::Lost("Not stored: larger than 4 MiB".to_owned())),
    ]
}

pub(crate) fn merged() -> MergedRow {
    let fingerprint = "aa1e2d3c4b5a69788796a5b4c3d2e1f0".to_owned();
    MergedRow { fingerprint, title: "KeyError: 'cost'".to_owned(), count: 17 }
}
