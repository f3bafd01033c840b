//! Snapshots of the pages about people: users, members, the profile, and the page behind an invitation.

#![expect(clippy::unwrap_used, reason = "a test panics on failure")]
#![expect(dead_code, reason = "shares its samples with the tests of other pages")]

mod samples;

use model::time::Timestamp;
use samples::frame;
use web_pages::{
    Frame, InvitationRow, JoinPage, MadeSecret, MemberRow, MembersPage, Moment, ProfileFields, ProfilePage, TokenRow,
    UserRow, UsersPage,
};

/// A name that would run a script, or turn the text around, if it were not escaped.
const HOSTILE: &str = "<script>alert(1)</script>\u{202e}nimda";

fn moment(days: i64) -> Moment {
    let now = Timestamp::parse("2026-11-21T12:00:00Z").unwrap();
    Moment::new(now.plus_seconds(-86_400 * days), now)
}

fn user(name: &str, role: &str) -> UserRow {
    UserRow {
        id: "7c41d09be2a85f36".to_owned(),
        name: name.to_owned(),
        email: Some("ada@example.org".to_owned()),
        role: role.to_owned(),
        projects: vec![("shop".to_owned(), "member".to_owned()), ("a b".to_owned(), "owner".to_owned())],
        created_at: moment(3),
        disabled: false,
        is_self: false,
    }
}

fn invitation() -> InvitationRow {
    InvitationRow {
        id: "3f9a17c40b5e62d8".to_owned(),
        note: "for Alan".to_owned(),
        gives: "member of all projects".to_owned(),
        by: HOSTILE.to_owned(),
        ends_at: moment(-7),
    }
}

fn secret() -> Option<MadeSecret> {
    Some(MadeSecret {
        about: "This link lets one person join.".to_owned(),
        text: "https://errors.example/join/1".to_owned(),
    })
}

fn check_escaped(html: &str) {
    assert!(!html.contains("<script>alert") && !html.contains('\u{202e}'), "{html}");
}

#[test]
fn users() {
    let rows = vec![
        UserRow { is_self: true, projects: Vec::new(), ..user("Ada", "owner") },
        user(HOSTILE, ""),
        UserRow { disabled: true, email: None, ..user("Eve", "viewer") },
    ];
    let (next, invitations) = (Some("/users?cursor=1".to_owned()), vec![invitation()]);
    let page = UsersPage { frame: frame("Users", None), secret: secret(), rows, next, invitations };
    let html = web_pages::page(&page).unwrap();
    check_escaped(&html);
    insta::assert_snapshot!(html);
}

#[test]
fn members() {
    let row = |name: &str, everywhere| MemberRow {
        id: "7c41d09be2a85f36".to_owned(),
        name: name.to_owned(),
        role: "member".to_owned(),
        everywhere,
        is_self: false,
    };
    let rows = vec![row(HOSTILE, false), row("Grace", true), MemberRow { is_self: true, ..row("Ada", true) }];
    let (frame, project) = (frame("Members", Some("shop")), "shop".to_owned());
    let mut page = MembersPage { frame, project, secret: None, rows, next: None, invitations: vec![invitation()] };
    let html = web_pages::page(&page).unwrap();
    check_escaped(&html);
    insta::assert_snapshot!(html);
    page.frame.visitor.as_mut().unwrap().may_change = false;
    let html = web_pages::page(&page).unwrap();
    assert!(!html.contains("/pages/projects/shop/members"), "only owners have forms: {html}");
}

#[test]
fn profile() {
    let token = TokenRow {
        id: "3f9a17c40b5e62d8".to_owned(),
        hint: Some("ab12".to_owned()),
        name: HOSTILE.to_owned(),
        role: "member".to_owned(),
        created_at: moment(3),
        last_used: Some("2026-11-20".to_owned()),
        ends_at: Some(moment(-30)),
    };
    let fields = ProfileFields {
        name: HOSTILE.to_owned(),
        email: "ada@example.org".to_owned(),
        role: None,
        projects: vec![("shop".to_owned(), "owner".to_owned())],
        has_sign_in_key: true,
    };
    let tokens = vec![token.clone(), TokenRow { last_used: None, ends_at: None, ..token }];
    let html =
        web_pages::page(&ProfilePage { frame: frame("Profile", None), secret: secret(), user: Some(fields), tokens });
    let html = html.unwrap();
    assert!(!html.contains("<script>alert"), "{html}");
    insta::assert_snapshot!(html);
    let with_key = ProfilePage { frame: frame("Profile", None), secret: None, user: None, tokens: Vec::new() };
    assert!(web_pages::page(&with_key).unwrap().contains("You are signed in with a key"));
}

#[test]
fn join() {
    let page = JoinPage {
        frame: Frame { title: "Join".to_owned(), ..Frame::default() },
        text: format!("You are invited to this error tracker by {HOSTILE}."),
        refused: Some("`name` must have 1 to 100 characters".to_owned()),
        action: "/join/3f9a".to_owned(),
        token: "TOKEN".to_owned(),
        asks: true,
        name: "<b>".to_owned(),
        button: "Join".to_owned(),
        ..JoinPage::default()
    };
    let html = web_pages::page(&page).unwrap();
    check_escaped(&html);
    insta::assert_snapshot!(html);
}
