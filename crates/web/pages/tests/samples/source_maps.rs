//! Samples of the pages about source maps.

use web_pages::{FileRow, FindingRow, SourceMapCheckPage, SourceMapPage, SourceMapsPage, UploadRow};

use super::frame;
use super::operating::ago;

const SCRIPT: &str = "<script>alert(1)</script>\u{202e}";

pub(crate) fn upload(failure: Option<&str>) -> UploadRow {
    UploadRow {
        id: "1793577660000000-da39a3ee5e6b4b0d3255bfef95601890afd80709".to_owned(),
        is_mapping: false,
        at: ago(3_600),
        expires_at: ago(-90 * 86_400),
        release: failure.is_none().then(|| "shop@1.2.3".to_owned()),
        dist: failure.is_none().then(|| "17".to_owned()),
        uploader: "CI".to_owned(),
        files: 4,
        maps: 1,
        size: if failure.is_some() { 0 } else { 3_400_000 },
        failure: failure.map(str::to_owned),
        problems: vec![("~/main.js.map".to_owned(), "it has no text of its sources".to_owned())],
    }
}

/// An ordinary upload, and one of which nothing could be used, with hostile texts.
pub(crate) fn list() -> SourceMapsPage {
    let mut hostile = upload(Some(SCRIPT));
    hostile.uploader = SCRIPT.to_owned();
    hostile.is_mapping = true;
    hostile.problems = vec![(SCRIPT.to_owned(), SCRIPT.to_owned())];
    SourceMapsPage {
        frame: frame("Source maps of shop", Some("shop")),
        project: "shop".to_owned(),
        uploads: vec![upload(None), hostile],
        next: Some("/projects/shop/source-maps?cursor=c1".to_owned()),
        url: "https://errors.example".to_owned(),
        made: None,
    }
}

pub(crate) fn one() -> SourceMapPage {
    let file = |url: &str, problem: Option<&str>| FileRow {
        url: url.to_owned(),
        debug_id: problem.is_none().then(|| "c1b5cb37-8a72-5b7d-9d2a-0f6b0ae8a4ce".to_owned()),
        problem: problem.map(str::to_owned),
    };
    SourceMapPage {
        frame: frame("Source maps of shop", Some("shop")),
        project: "shop".to_owned(),
        row: upload(None),
        files: vec![file(SCRIPT, Some(SCRIPT)), file("~/main.js.map", None)],
    }
}

/// A problem with a hostile text, and something that works.
pub(crate) fn check() -> SourceMapCheckPage {
    let row = |is_problem: bool, text: &str| FindingRow {
        is_problem,
        is_good: !is_problem,
        text: text.to_owned(),
        events: u64::from(is_problem) * 3,
        example: is_problem.then(|| "0123456789abcdef0123456789abcdef".to_owned()),
    };
    let findings = vec![row(true, SCRIPT), row(false, "Events of JavaScript are shown as the code was written.")];
    SourceMapCheckPage {
        frame: frame("Source maps of shop: check", Some("shop")),
        project: "shop".to_owned(),
        findings,
    }
}
