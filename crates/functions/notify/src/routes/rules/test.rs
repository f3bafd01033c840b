//! `POST /projects/{project}/rules/test`: sends a test message, and returns what the destinations answered.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::extract::State;
use axum::response::Response;
use axum::routing::post;
use futures_util::future::join_all;
use http::Request;
use http_common::describe::Description;
use http_common::{AdministeredProject, Answer};
use model::error::Link;
use model::id::Fingerprint;
use model::occurrence::Level;
use model::outcome::{Reason, Refusal};
use rules::{Message, Notification, Rule, Rules, Target, Trigger};
use schemars::JsonSchema;
use serde::Serialize;
use serde_json::{Value, json};
use store::ports::Project;

use crate::channels::{Delivery, Issue, IssueKey};
use crate::routes::{Routes, body};

/// Maximum size of a body, in bytes: enough for one target.
const MAX_BODY_BYTES: usize = 16 << 10;
/// Maximum number of targets in one test. Each gets a request, all at the same time.
const MAX_TARGETS: usize = 20;
/// Timeout for a target, with all requests that it needs: below API Gateway's limit of 30 s.
const MAX_TARGET_TIME: Duration = Duration::from_secs(20);
/// The expected body, for error messages.
const BODY_FORM: &str =
    "an object with `rule` (an id) and `target` (an index in the rule, or a whole target), or {} for all";

pub(super) fn route() -> Router<Arc<Routes>> {
    Router::new().route("/projects/{project}/rules/test", post(handle))
}

pub(super) fn describe(api: &mut Description) {
    let target = api.sent::<Target>();
    let target = json!({
        "anyOf": [{ "type": ["integer", "null"], "minimum": 0 }, target],
        "description": "the target's index in the rule, or a whole target; all if missing",
    });
    let rule = json!({ "type": ["string", "null"], "description": "the rule's id; all if missing" });
    let wanted = json!({
        "type": "object",
        "additionalProperties": false,
        "properties": { "rule": rule, "target": target },
    });
    super::sealed(api.operation("post", "/projects/{project}/rules/test", "testRules", "Sends a test message"))
        .body_as("application/json", wanted, json!({ "rule": "team" }))
        .data::<Results>(200, "what each destination answered")
        .error(Reason::RuleUnknown, "the project has no such rule");
}

async fn handle(State(routes): State<Arc<Routes>>, project: AdministeredProject, request: Request<Body>) -> Response {
    routes.answer(test(&routes, &project, request)).await
}

#[derive(Serialize, JsonSchema)]
#[schemars(inline)]
struct Results {
    #[schemars(length(max = MAX_TARGETS))]
    results: Vec<TestResult>,
}

/// The result of a test message.
#[derive(Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
#[schemars(rename = "Tried")]
struct TestResult {
    /// The rule's id; null for a target that is not in a rule.
    rule: Option<String>,
    /// The target's index in the rule.
    target: usize,
    #[serde(rename = "type")]
    kind: &'static str,
    /// `sent` or `failed`.
    status: &'static str,
    /// Why sending failed.
    said: Option<String>,
    /// The issue in the tracker.
    issue: Option<Link>,
    duration_ms: i64,
}

/// A target to test, and the rule that it belongs to.
struct Trial {
    rule: String,
    index: usize,
    target: Target,
    timezone: Option<String>,
}

async fn test(routes: &Routes, project: &AdministeredProject, request: Request<Body>) -> Answer {
    routes.sealer()?;
    let wanted = body::read(request, MAX_BODY_BYTES, BODY_FORM).await?;
    let document = routes.load_document(project).await?;
    let kept = Rules::parse(document.value()?)?;
    let buttons = kept.hooks.slack.is_some();
    let trials = select_trials(&wanted, kept.rules)?;
    if trials.len() > MAX_TARGETS {
        let message =
            format!("there are {} targets, at most {MAX_TARGETS} can be tested at once: name a `rule`", trials.len());
        return Err(Refusal::new(Reason::BodyInvalid, message).at(["rule"]));
    }
    let results = join_all(trials.iter().map(|trial| routes.send_sample(project, trial, buttons))).await;
    http_common::data(Results { results })
}

/// Selects the targets that the body names.
fn select_trials(wanted: &Value, rules: Vec<Rule>) -> Result<Vec<Trial>, Refusal> {
    let unfit = || Refusal::new(Reason::BodyInvalid, format!("the body is not valid: send {BODY_FORM}"));
    let invalid = |path: &str| unfit().at([path]);
    let Value::Object(wanted) = wanted else { return Err(unfit()) };
    if let Some(unknown) = wanted.keys().find(|key| !matches!(key.as_str(), "rule" | "target")) {
        return Err(invalid(unknown));
    }
    let rules = match wanted.get("rule") {
        None | Some(Value::Null) => rules,
        Some(Value::String(id)) => {
            let named = rules.into_iter().filter(|rule| rule.id == *id).collect::<Vec<_>>();
            if named.is_empty() {
                let message = format!("the project has no rule `{id}`: GET …/rules lists its rules");
                return Err(Refusal::new(Reason::RuleUnknown, message).at(["rule"]));
            }
            named
        }
        Some(_) => return Err(invalid("rule")),
    };
    let index = match wanted.get("target") {
        None | Some(Value::Null) => None,
        Some(Value::Number(index)) => Some(index.as_u64().ok_or_else(|| invalid("target"))?),
        Some(target @ Value::Object(_)) => return parse_trial(target).map(|trial| vec![trial]),
        Some(_) => return Err(invalid("target")),
    };
    let all = rules.into_iter().flat_map(|rule| {
        let Rule { id, to, timezone, .. } = rule;
        to.into_iter().enumerate().map(move |(index, target)| Trial {
            rule: id.clone(),
            index,
            target,
            timezone: timezone.clone(),
        })
    });
    let trials: Vec<_> = all.filter(|trial| index.is_none_or(|index| index == trial.index as u64)).collect();
    if trials.is_empty() {
        let path = if index.is_some() { "target" } else { "rule" };
        let message = "there is no such target: GET …/rules lists the targets, counted from 0 in each rule";
        return Err(Refusal::new(Reason::BodyInvalid, message).at([path]));
    }
    Ok(trials)
}

/// Parses a target that is not in a rule yet, and checks it as if it were.
fn parse_trial(target: &Value) -> Result<Trial, Refusal> {
    let document = json!({ "rules": [{ "id": "test", "to": [target] }] });
    let rules = Rules::parse(&document).map_err(|refusal| {
        let path = match refusal.path.as_slice() {
            [_, _, _, _, path @ ..] => [&["target".to_owned()], path].concat(),
            path => path.to_vec(),
        };
        Refusal { path, ..refusal }
    })?;
    let target = rules.rules.into_iter().flat_map(|rule| rule.to).next();
    let target = target.ok_or_else(|| Refusal::new(Reason::BodyInvalid, "no target").at(["target"]))?;
    Ok(Trial { rule: String::new(), index: 0, target, timezone: None })
}

impl Routes {
    /// Sends a test message to one target, and returns the result. The channels make sure that the destination's answer
    /// contains no secrets.
    async fn send_sample(&self, project: &Project, trial: &Trial, buttons: bool) -> TestResult {
        let began = self.notify.clock.now();
        let sample = self.make_sample(project, trial);
        let issue_key = match trial.target.is_tracker() {
            true => self.notify.load_issue_key(project).await.unwrap_or_default(),
            false => IssueKey::default(),
        };
        let delivery = Delivery { message: &sample, issue: None, buttons, issue_key: &issue_key };
        let sent = tokio::time::timeout(MAX_TARGET_TIME, self.notify.channels.send(&trial.target, &delivery)).await;
        let (status, said, issue) = match sent {
            Ok(Ok(issue)) => ("sent", None, issue),
            Ok(Err(failed)) => ("failed", Some(failed.to_string()), None),
            Err(_) => ("failed", Some(format!("no answer within {} s", MAX_TARGET_TIME.as_secs())), None),
        };
        TestResult {
            rule: (!trial.rule.is_empty()).then(|| trial.rule.clone()),
            target: trial.index,
            kind: trial.target.kind(),
            status,
            said,
            issue: issue.map(|Issue { number, url }| Link { number, url }),
            duration_ms: self.notify.clock.now().millis() - began.millis(),
        }
    }

    fn make_sample(&self, project: &Project, trial: &Trial) -> Message {
        let now = self.notify.clock.now();
        Message::One(Box::new(Notification {
            token: format!("sample-{:032x}", self.notify.clock.random()),
            trigger: Trigger::Sample,
            at: now,
            project: project.name.clone(),
            fingerprint: Fingerprint::of("sample", [trial.rule.as_str()]),
            kind: "Sample".to_owned(),
            message: "This is a test message: nothing is wrong".to_owned(),
            culprit: None,
            level: Level::Info,
            platform: "other".to_owned(),
            environment: None,
            release: None,
            count: 1,
            first_seen: now,
            last_seen: now,
            link: None,
            timezone: trial.timezone.clone(),
            occurrence: None,
            is_posted: false,
        }))
    }
}
