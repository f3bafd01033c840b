//! Samples of the pages for admins of the stack: settings and Health.

use model::time::Timestamp;
use web_pages::{KeyList, KeyRow, LetterRow, MadeKey, Moment, MonthCost, Operations, SettingsFields, SettingsPage};

use super::frame;

pub(crate) fn ago(seconds: i64) -> Moment {
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    Moment::new(now.plus_seconds(-seconds), now)
}

/// A key that was just created, and a disabled one with a hostile name.
fn keys(project: Option<&str>) -> KeyList {
    let row = |name: &str, role: &str, disabled: bool| KeyRow {
        id: "5f2b1c8e9a704d63".to_owned(),
        hint: Some("k7Qx".to_owned()),
        role: role.to_owned(),
        project: project.is_none().then(|| "shop".to_owned()),
        name: name.to_owned(),
        created_at: ago(86_400),
        last_used: (!disabled).then(|| "2026-11-21".to_owned()),
        disabled,
        expires_at: disabled.then(|| ago(-3_600)),
    };
    KeyList {
        is_of_project: project.is_some(),
        action: "/pages/keys".to_owned(),
        token: "TOKEN".to_owned(),
        rows: vec![row("", "client", false), row("<script>alert(1)</script>\u{202e}", "read", true)],
        has_more: true,
        made: Some(MadeKey { name: "dashboard".to_owned(), key: "k7Qx0000".to_owned() }),
    }
}

/// Settings that were just rejected.
pub(crate) fn settings() -> SettingsPage {
    SettingsPage {
        frame: frame("Settings of shop", Some("shop")),
        project: "shop".to_owned(),
        fields: SettingsFields {
            name: "shop".to_owned(),
            owner: "\"><script>alert(1)</script>".to_owned(),
            tier: "critical".to_owned(),
            time_unit: "hour".to_owned(),
            posted_configs: "any".to_owned(),
            attachments: "store".to_owned(),
            retention_days: "30".to_owned(),
            per_minute: "many".to_owned(),
            per_month: "100000".to_owned(),
            additional: "iban\npin".to_owned(),
            exempt: String::new(),
            personal: "email, ip".to_owned(),
            repository_url: "https://git.example/acme/shop/blob/{revision}/{path}#L{line}".to_owned(),
            repository_branch: "main".to_owned(),
            repository_paths: "/app/ => services/shop/".to_owned(),
            origins: "https://shop.example".to_owned(),
        },
        problem: Some("`limits.perMinute` is not a number".to_owned()),
        keys: keys(Some("shop")),
        retentions: vec![7, 30, 90],
    }
}

/// An inbox that is behind, and a dead letter.
pub(crate) fn operations() -> Operations {
    Operations {
        frame: frame("Health", None),
        inbox: (12_345, 10),
        age: Some(1_000),
        letters: vec![LetterRow {
            id: "b0f1c5d2-7f43-4a4e-8f0d-0d6b6b1f2a10".to_owned(),
            sent_at: ago(7_200),
            project: Some("shop".to_owned()),
            events: 3,
            reason: "the payload is not <b>JSON</b>\u{0}".to_owned(),
        }],
        more_letters: false,
        failed: Vec::new(),
        refused: vec![("rate_limited".to_owned(), 1_204), ("body_not_json".to_owned(), 3)],
        month: MonthCost {
            events: 1_234_567,
            so_far: (2.94, 7.31),
            million: (1.7, 3.5),
            idle: 5.45,
            capacity: "provisioned",
            prices: "2026-10-08".to_owned(),
        },
        keys: keys(None),
        version: "0.1.0",
    }
}
