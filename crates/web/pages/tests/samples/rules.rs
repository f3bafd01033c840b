//! Samples of the rules page.

use web_pages::{FailedRow, RuleDraft, RuleRow, Rules, RulesText, TargetRow, Tried};

use super::frame;
use super::operating::ago;

fn target(kind: &str, facts: &[(&str, Option<&str>)], tried: Option<Tried>) -> TargetRow {
    let facts = facts.iter().map(|(name, value)| ((*name).to_owned(), value.map(str::to_owned)));
    TargetRow { kind: kind.to_owned(), facts: facts.collect(), tried }
}

fn tried(is_good: bool, said: &str, issue: Option<&str>) -> Option<Tried> {
    Some(Tried { is_good, said: said.to_owned(), issue: issue.map(str::to_owned) })
}

/// Two rules after a test, the form that adds a rule, and the document.
pub(crate) fn page() -> Rules {
    let texts = |texts: &[&str]| texts.iter().map(|text| (*text).to_owned()).collect::<Vec<_>>();
    let team = RuleRow {
        id: "team-chat".to_owned(),
        name: "Team chat".to_owned(),
        when: texts(&["an error is new", "a resolved error occurs again"]),
        only: texts(&["environment production", "level error or fatal"]),
        how: texts(&["quiet from 22:00 to 07:00 (Europe/Berlin)"]),
        to: vec![
            target(
                "Slack",
                &[("webhook URL", None), ("channel", Some("#errors"))],
                tried(true, "sent, in 120 ms", None),
            ),
            target(
                "GitHub",
                &[("repository", Some("shop")), ("token", None)],
                tried(false, "answered 401 Unauthorized: Bad credentials", None),
            ),
        ],
        failed: 2,
    };
    let failed = vec![FailedRow {
        id: "f1".to_owned(),
        since: ago(7_200),
        project: Some("shop".to_owned()),
        action: Some("/pages/projects/shop/rules".to_owned()),
        rule: Some("team-chat".to_owned()),
        rule_name: Some("Team <b>chat".to_owned()),
        target: Some("Slack #errors".to_owned()),
        notices: 2,
        reason: "Slack answered 404 Not Found: no_service".to_owned(),
    }];
    let often = RuleRow {
        id: "often".to_owned(),
        name: "<script>alert(1)</script>\u{202e}".to_owned(),
        when: texts(&["an error occurs 30 times in the threshold window"]),
        to: vec![target(
            "GitLab",
            &[("token", None)],
            tried(true, "sent, in 9 ms", Some("https://gitlab.com/a/b/-/issues/1")),
        )],
        ..RuleRow::default()
    };
    Rules {
        frame: frame("Rules of shop", Some("shop")),
        project: "shop".to_owned(),
        rules: vec![team, often],
        failed,
        hooks: vec![("GitHub", "github")],
        draft: RuleDraft::default(),
        text: RulesText { json: "{\n  \"rules\": []\n}".to_owned(), version: "\"7\"".to_owned(), problem: None },
    }
}

/// The form with a rule that was rejected.
pub(crate) fn refused() -> Rules {
    let typed = [("kind", "webhook"), ("webhook.endpoint", "\"><script>alert(1)</script>"), ("levels", "fatal")];
    let draft = RuleDraft {
        fields: typed.map(|(name, value)| (name.to_owned(), value.to_owned())).to_vec(),
        problem: Some("URL: `endpoint` is not an `https://` URL: send one".to_owned()),
        wrong: Some("webhook.endpoint".to_owned()),
        tried: None,
    };
    Rules { rules: Vec::new(), hooks: Vec::new(), draft, ..page() }
}
