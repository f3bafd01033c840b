//! Samples of the pages about releases.

use web_pages::{CommitRow, DeployRow, ReleasePage, ReleaseRow, ReleasesPage};

use super::frame;
use super::operating::ago;

const SCRIPT: &str = "<script>alert(1)</script>\u{202e}";

fn deploy(environment: &str) -> DeployRow {
    DeployRow {
        environment: environment.to_owned(),
        name: Some("blue".to_owned()),
        url: Some("https://shop.example/".to_owned()),
        at: ago(1_800),
    }
}

fn row(release: &str, has_events: bool) -> ReleaseRow {
    ReleaseRow {
        release: release.to_owned(),
        href: "/projects/shop/releases/1".to_owned(),
        errors: "/projects/shop/errors?q=release:1".to_owned(),
        first_errors: "/projects/shop/errors?q=firstRelease:1".to_owned(),
        first_seen: has_events.then(|| ago(7_200)),
        last_seen: has_events.then(|| ago(60)),
        announced_at: (!has_events).then(|| ago(3_600)),
        released_at: (!has_events).then(|| ago(3_000)),
        url: (!has_events).then(|| "https://ci.example/7".to_owned()),
        commits: if has_events { 0 } else { 150 },
        deploys: if has_events { 0 } else { 2 },
        last_deploy: (!has_events).then(|| deploy(SCRIPT)),
        new_errors: if has_events { 12 } else { 0 },
        regressed_errors: 1,
    }
}

/// A release that was only announced, with hostile texts, and one that has only events.
pub(crate) fn list() -> ReleasesPage {
    ReleasesPage {
        frame: frame("Releases of shop", Some("shop")),
        project: "shop".to_owned(),
        announced: vec![row(SCRIPT, false)],
        releases: vec![row("shop@1.2.3", true)],
        next: Some("/projects/shop/releases?cursor=c1".to_owned()),
    }
}

pub(crate) fn one() -> ReleasePage {
    let commit = |id: &str, text: &str| CommitRow {
        id: id.to_owned(),
        message: format!("{text}\n\nmore"),
        author: Some(text.to_owned()),
        at: Some(ago(9_000)),
        repository: Some("shop/web".to_owned()),
    };
    ReleasePage {
        frame: frame("shop@1.2.3", Some("shop")),
        project: "shop".to_owned(),
        row: row("shop@1.2.3", false),
        refs: vec![("shop/web".to_owned(), "a01b2c3d".to_owned()), (String::new(), SCRIPT.to_owned())],
        commits: vec![commit("a01b2c3d4e5f60718293a4b5c6d7e8f901234567", "Fix the cart"), commit(SCRIPT, SCRIPT)],
        deploys: vec![deploy("production"), deploy(SCRIPT)],
    }
}
