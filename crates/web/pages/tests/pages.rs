//! Snapshots of every page as HTML, so that a diff shows the effect of a template change. The pages are also written to
//! Cargo's directory for test files, for viewing in a browser.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]

mod samples;

use askama::Template;
use samples::errors::{ago, error_of, errors, hours, merged, row};
use samples::{frame, hostile, ordinary};
use web_pages::{
    Connect, ErrorPage, ErrorRow, ErrorsPage, MessagePage, Notice, ProjectRow, ProjectsPage, Search, SignIn, TypedInput,
};

fn kept(name: &str, page: &impl Template) -> String {
    let html = web_pages::page(page).unwrap();
    let folder = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("pages");
    std::fs::create_dir_all(folder.join("assets")).unwrap();
    std::fs::write(folder.join(format!("{name}.html")), &html).unwrap();
    for path in html.split('"').filter(|text| text.starts_with("/assets/")) {
        std::fs::write(folder.join(&path[1..]), web_pages::assets::asset(path).unwrap().body).unwrap();
    }
    html
}

fn error_page(name: &str, occurrence: &model::occurrence::Occurrence) -> String {
    kept(name, &error_of("shop", occurrence))
}

/// The URL of a merged error shows the error that it was merged into, and says so.
#[test]
fn the_page_of_a_merged_error_names_it() {
    let page = ErrorPage { opened: Some(merged()), ..error_of("shop", &ordinary()) };
    let html = kept("merged", &page);
    assert!(html.contains("<strong>KeyError: &#39;cost&#39;</strong> (<code>aa1e2d3c</code>) was merged"), "{html}");
    assert!(html.contains("data-sure=\"Delete this error, the error that is merged into it, and all"), "{html}");
}

/// A rejected form keeps the selection and the input.
#[test]
fn a_rejected_form_keeps_its_input() {
    let rows = vec![row("error", "KeyError", "a")];
    let chosen = vec![rows[0].fingerprint.clone()];
    let html = kept("chosen", &ErrorsPage { chosen, cursor: "c7".to_owned(), ..errors(rows) });
    assert!(html.contains("\" checked aria-label") && html.contains("name=\"cursor\" value=\"c7\""), "{html}");
    let typed = TypedInput { assignee: Some("<b>".to_owned()), comment: "<i>".to_owned(), other: "zz".to_owned() };
    let html = kept("typed", &ErrorPage { typed, ..error_of("shop", &ordinary()) });
    for part in
        ["value=\"&#60;b&#62;\"", ">&#60;i&#62;</textarea>", "value=\"zz\"", "<details open><summary>Merge another"]
    {
        assert!(html.contains(part), "{part}");
    }
}

#[test]
fn the_button_that_ends_a_mute_says_so() {
    let mut page = error_of("shop", &ordinary());
    for (status, label) in [("muted", "Unmute"), ("resolved", "Reopen")] {
        page.head.status = status;
        let html = web_pages::page(&page).unwrap();
        assert!(html.contains(&format!("value=\"unresolve\">{label}</button>")), "{html}");
        let search = Search { status: status.to_owned(), ..Search::default() };
        let html = web_pages::page(&ErrorsPage { search, ..errors(vec![row("error", "E", "a")]) }).unwrap();
        assert!(html.contains(&format!("value=\"unresolve\">{label}</button>")), "{html}");
    }
}

#[test]
fn sign_in() {
    let page = SignIn {
        token: "1f".repeat(32),
        frame: web_pages::Frame { title: "Sign in".to_owned(), ..web_pages::Frame::default() },
        next: "/projects/shop/errors".to_owned(),
        refused: Some("the key is unknown, disabled or expired".to_owned()),
    };
    insta::assert_snapshot!(kept("sign_in", &page));
}

#[test]
fn message() {
    let page = MessagePage {
        frame: frame("Not found", None),
        title: "There is no such project".to_owned(),
        text: "It may have been deleted.".to_owned(),
    };
    insta::assert_snapshot!(kept("message", &page));
}

#[test]
fn projects() {
    let shop = ProjectRow {
        name: "shop".to_owned(),
        owner: Some("Team Checkout".to_owned()),
        open: (100, true),
        hours: hours(),
        last_seen: Some(ago(125)),
        has_events: true,
        fresh: (3, 1),
    };
    let fresh = ProjectRow { name: "warehouse".to_owned(), ..ProjectRow::default() };
    let mut frame = frame("Projects", None);
    frame.notice = Some(Notice { is_good: true, text: "The project old was deleted.".to_owned() });
    let page = ProjectsPage { frame, projects: vec![shop, fresh], next: None, typed: String::new() };
    insta::assert_snapshot!(kept("projects", &page));
}

#[test]
fn connect() {
    insta::assert_snapshot!(kept("connect", &connect_page()));
}

fn connect_page() -> Connect {
    Connect {
        frame: frame("Connect warehouse", Some("warehouse")),
        project: "warehouse".to_owned(),
        dsn: "https://CLIENT-KEY@faultline.example/2".to_owned(),
        key: "CLIENT-KEY".to_owned(),
        url: "https://faultline.example".to_owned(),
        is_new: false,
        has_events: false,
        agent_key: None,
    }
}

#[test]
fn errors_of_a_project() {
    let mut new = row("fatal", "OutOfMemory", "cannot allocate 4096 bytes");
    (new.is_new, new.assignee) = (true, Some("ada@acme.example".to_owned()));
    let mut back = row("warning", "", "cart is empty");
    (back.is_regressed, back.culprit) = (true, None);
    let page = errors(vec![row("error", "KeyError", "'price' is not in the cart"), new, back]);
    insta::assert_snapshot!(kept("errors", &page));
}

/// The size of a full list without the text that comes from events.
#[test]
fn a_full_list_weighs_at_most_60_kb() {
    let bare = || ErrorRow { culprit: None, is_new: true, is_regressed: true, ..row("error", "", "") };
    let html = web_pages::page(&errors((0..50).map(|_| bare()).collect())).unwrap();
    assert!(html.len() <= 60_000, "{} bytes", html.len());
}

#[test]
fn settings() {
    let html = kept("settings", &samples::operating::settings());
    assert!(!html.contains("<script>alert") && html.contains("role=\"alert\""), "{html}");
    assert!(html.len() < 20_000, "{} bytes", html.len());
    insta::assert_snapshot!(html);
}

#[test]
fn operations() {
    let html = kept("operations", &samples::operating::operations());
    assert!(!html.contains("<b>JSON") && !html.contains('\u{202e}') && !html.contains('\0'), "{html}");
    assert!(html.contains("<strong class=\"error\">about 16 min</strong>"), "it is late: {html}");
    insta::assert_snapshot!(html);
}

#[test]
fn rules() {
    let html = kept("rules", &samples::rules::page());
    assert!(!html.contains("<script>alert") && !html.contains('\u{202e}'), "markup of a rule");
    assert!(html.len() < 20_000, "{} bytes", html.len());
    insta::assert_snapshot!(html);
}

#[test]
fn a_rejected_rule_keeps_its_input() {
    let html = kept("rules_refused", &samples::rules::refused());
    assert!(html.contains("role=\"alert\"") && !html.contains("<script>alert"), "{html}");
    let wrong = html.lines().find(|line| line.contains("aria-invalid")).unwrap();
    insta::assert_snapshot!(wrong, @r#"<input name="webhook.endpoint" value="&#34;&#62;&#60;script&#62;alert(1)&#60;/script&#62;" placeholder="https://alerts.example.org/faultline" spellcheck="false" aria-invalid="true">"#);
    assert!(html.contains("value=\"webhook\" id=\"kind-webhook\" checked"), "{html}");
    assert!(html.contains("value=\"fatal\" checked") && !html.contains("value=\"first\" checked"), "{html}");
}

#[test]
fn a_project_without_events_links_to_connect() {
    let page = ErrorsPage { rows: Vec::new(), has_events: false, next: None, ..errors(Vec::new()) };
    assert!(kept("errors_none", &page).contains("/projects/shop/connect"));
}

#[test]
fn an_error() {
    insta::assert_snapshot!(error_page("error", &ordinary()));
}

#[test]
fn readers_are_not_offered_changes() {
    let mut page = errors(vec![row("error", "KeyError", "m")]);
    page.frame.visitor.as_mut().unwrap().may_work = false;
    let html = web_pages::page(&page).unwrap();
    assert!(!html.contains("Resolve") && !html.contains("checkbox\" name"), "{html}");
}

/// Whatever an event contains, none of it becomes markup or changes the direction of the page's text.
#[test]
fn hostile_events_do_no_harm() {
    let html = error_page("hostile", &hostile());
    assert!(!html.contains("<script>alert"), "markup of an event");
    let images: Vec<_> = html.split("<img").skip(1).collect();
    let is_own = |image: &&str| image.starts_with(" src=\"/pages/a/attachments/0\" alt=\"&#34;&#62;&#60;script&#62;");
    assert!(images.len() == 1 && images.iter().all(is_own), "markup of an event: {images:?}");
    assert!(!html.contains("=\"javascript:"), "an address of an event");
    for character in ['\u{0}', '\u{1b}', '\u{202e}', '\u{2066}'] {
        assert!(!html.contains(character), "{:x}", character as u32);
    }
    assert!(html.len() < 1 << 20, "{} bytes", html.len());
    insta::assert_snapshot!(samples::around(&html, "[U+202E]"));
}

/// Whatever a project is named, every link and form of every page leads to this project and to no other. Such names are
/// no longer allowed, but the pages do not rely on that.
#[test]
fn links_and_forms_lead_to_the_project_of_the_page() {
    for name in [
        "client.example",
        "a#b",
        "a?b=c",
        "p%41",
        "a/b",
        "..",
        "x$(id)",
        "it's",
        "<b>\"&",
        "日本 語",
        "a\u{202e}b",
        "a\\b",
    ] {
        let frame = || frame("title", Some(name));
        let project = || name.to_owned();
        let row = || row("error", "KeyError", "m");
        let list = ErrorsPage { frame: frame(), project: project(), uncertain: vec![row()], ..errors(vec![row()]) };
        let none =
            ErrorsPage { frame: frame(), project: project(), has_events: false, next: None, ..errors(Vec::new()) };
        let mut connect = connect_page();
        (connect.frame, connect.project) = (frame(), project());
        let connected = Connect { has_events: true, ..connect_page() };
        let connected = Connect { frame: frame(), project: project(), ..connected };
        let mut settings = samples::operating::settings();
        (settings.frame, settings.project) = (frame(), project());
        let mut source_maps = samples::source_maps::list();
        (source_maps.frame, source_maps.project, source_maps.next) = (frame(), project(), None);
        let mut source_map = samples::source_maps::one();
        (source_map.frame, source_map.project) = (frame(), project());
        let mut releases = samples::releases::list();
        (releases.frame, releases.project, releases.next) = (frame(), project(), None);
        let mut release = samples::releases::one();
        (release.frame, release.project) = (frame(), project());
        let mut rules = samples::rules::page();
        (rules.frame, rules.project) = (frame(), project());
        let mut operations = samples::operating::operations();
        operations.keys.rows.iter_mut().for_each(|row| row.project = Some(project()));
        let row = ProjectRow { name: project(), ..ProjectRow::default() };
        let projects = ProjectsPage { frame: frame(), projects: vec![row], next: None, typed: String::new() };
        let pages = [
            web_pages::page(&list),
            web_pages::page(&none),
            web_pages::page(&connect),
            web_pages::page(&connected),
            web_pages::page(&settings),
            web_pages::page(&rules),
            web_pages::page(&source_maps),
            web_pages::page(&releases),
            web_pages::page(&release),
            web_pages::page(&source_map),
            web_pages::page(&operations),
            web_pages::page(&projects),
            web_pages::page(&error_of(name, &ordinary())),
        ];
        for html in pages.map(Result::unwrap) {
            let places: Vec<String> = ["href", "action", "formaction", "data-waiting"]
                .iter()
                .flat_map(|attribute| html.match_indices(*attribute))
                .filter_map(|(at, attribute)| html[at + attribute.len()..].strip_prefix("=\""))
                .map(|rest| unescaped(rest.split('"').next().unwrap()))
                .collect();
            let of_project = places.iter().filter_map(|place| {
                let place = place.split(['?', '#']).next().unwrap();
                place.strip_prefix("/pages/projects/").or_else(|| place.strip_prefix("/projects/"))
            });
            let named: Vec<_> = of_project.map(|rest| rest.split('/').next().unwrap().to_owned()).collect();
            assert!(!named.is_empty(), "{html}");
            for segment in named.iter().filter(|segment| *segment != "shop") {
                let decoded = percent_encoding::percent_decode_str(segment).decode_utf8().unwrap();
                assert_eq!(decoded, name, "{segment}");
            }
            assert!(named.iter().any(|segment| segment != "shop"), "{named:?}");
            assert!(!html.contains('\u{202e}'), "the name changes the direction of the page's text");
        }
    }
}

fn unescaped(html: &str) -> String {
    let marks = [("&#60;", "<"), ("&#62;", ">"), ("&#34;", "\""), ("&#39;", "'"), ("&#38;", "&")];
    marks.iter().fold(html.to_owned(), |text, (escaped, mark)| text.replace(escaped, mark))
}

/// Releases, commits and deploys come from clients and build tools, with any text. The pages show it as text.
#[test]
fn releases() {
    let list = kept("releases", &samples::releases::list());
    let one = kept("release", &samples::releases::one());
    for html in [&list, &one] {
        assert!(!html.contains("<script>alert") && !html.contains('\u{202e}'), "{html}");
    }
    insta::assert_snapshot!("releases", list);
    insta::assert_snapshot!("release", one);
    let (announced, releases) = (Vec::new(), Vec::new());
    let none = web_pages::ReleasesPage { announced, releases, next: None, ..samples::releases::list() };
    assert!(kept("releases_none", &none).contains("No release is known yet"));
}

/// Uploads come from build tools, with any text. The page shows it as text.
#[test]
fn source_maps() {
    let list = kept("source_maps", &samples::source_maps::list());
    let one = kept("source_map", &samples::source_maps::one());
    let check = kept("source_map_check", &samples::source_maps::check());
    assert!(
        check.contains("/projects/shop/errors/0123456789abcdef0123456789abcdef") && check.contains("Works"),
        "{check}"
    );
    for html in [&list, &one, &check] {
        assert!(!html.contains("<script>alert") && !html.contains('\u{202e}'), "{html}");
    }
    insta::assert_snapshot!(list);
    let none = web_pages::SourceMapsPage {
        uploads: Vec::new(),
        made: Some("sntrys_e30=_x".to_owned()),
        ..samples::source_maps::list()
    };
    let none = kept("source_maps_none", &none);
    assert!(
        none.contains("Nothing has been uploaded yet") && none.contains("SENTRY_AUTH_TOKEN=sntrys_e30=_x"),
        "{none}"
    );
}

/// A mapped stack shows the source, and the minified frames in a part of their own. A frame that was not mapped says why.
#[test]
fn a_mapped_stack_keeps_its_minified_form() {
    let mut occurrence = ordinary();
    let frames = &mut occurrence.exceptions.last_mut().unwrap().stacktrace.as_mut().unwrap().frames;
    let last = frames.len() - 1;
    let data = |data: serde_json::Value| serde_json::Map::from_iter([("data".to_owned(), data)]);
    frames[last].other = data(
        serde_json::json!({ "minified": { "filename": "/assets/main.js", "function": "n.x", "lineno": 1, "colno": 9000 } }),
    );
    frames[0].other = data(serde_json::json!({ "sourceMapProblem": "No source map was uploaded for <b>." }));
    let html = error_page("mapped", &occurrence);
    assert!(
        html.contains("<summary>Minified stack trace</summary>") && html.contains("/assets/main.js:1:9000"),
        "{html}"
    );
    assert!(html.contains("No source map was uploaded for &#60;b&#62;."), "{html}");
    assert!(!error_page("error", &ordinary()).contains("Minified stack trace"));
}

/// Code samples quote their values for the shell or language that they are copied into.
#[test]
fn code_samples_are_quoted() {
    let page = Connect { project: "x$(id)'".to_owned(), url: "http://h'$(id)".to_owned(), ..connect_page() };
    let html = unescaped(&web_pages::page(&page).unwrap());
    assert!(html.contains(r"'http://h'\''$(id)/projects/x%24%28id%29%27/errors'"), "{html}");
    let page = Connect { dsn: "http://k@h\"'\\/1".to_owned(), ..connect_page() };
    let html = unescaped(&web_pages::page(&page).unwrap());
    assert!(html.contains(r#"sentry_sdk.init(dsn="http://k@h\"'\\/1")"#), "{html}");
    assert!(html.contains(r#"'http://k@h"\'\\/1'"#), "{html}");
}

#[test]
fn there_is_no_inline_script_or_style() {
    let list = kept("errors", &errors(vec![row("error", "K", "m")]));
    for html in [error_page("error", &ordinary()), list, kept("rules", &samples::rules::page())] {
        assert!(!html.contains(" style=") && !html.contains("<style"), "the policy forbids it");
        assert!(!html.contains(" onclick=") && html.matches("<script").count() == 1);
    }
}

/// The size of a page, without the text that comes from events.
#[test]
fn pages_are_light() {
    let mut rows = vec![row("error", "KeyError", "'price' is not in the cart"); 50];
    rows.iter_mut().for_each(|row| row.is_new = true);
    let list = web_pages::page(&errors(rows)).unwrap().len();
    let assets = ["faultline.css", "faultline.js"].map(|name| {
        std::fs::metadata(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("assets").join(name)).unwrap().len()
    });
    assert!(list < 120_000, "{list} bytes for 50 rows with their sparklines");
    assert!(assets.iter().sum::<u64>() < 20_000, "{assets:?}");
}
