//! A world of destinations that note what they are told, and fail when they are told to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use notify::channels::{Failed, Issue, Tell, Told};
use rules::{Notice, Target, Telling, Why};
use serde_json::Value;
use tokio::sync::Semaphore;

/// The destinations, by the host of their webhook or the name of their repository.
#[derive(Default)]
pub(crate) struct Recorder {
    told: Mutex<Vec<(String, Telling)>>,
    /// What a destination answers instead of taking a message.
    broken: Mutex<BTreeMap<String, Break>>,
    /// Every request, answered well or not.
    requests: Mutex<Vec<String>>,
    /// The issues of each repository.
    issues: Mutex<BTreeMap<String, u64>>,
    /// What was replied to presses of buttons.
    replies: Mutex<Vec<(String, String)>>,
    /// Held by a test that wants requests to wait.
    gate: Mutex<Option<Arc<Semaphore>>>,
}

/// How a destination is broken.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Break {
    /// It fails, and trying again may help.
    Down,
    /// It asks to be left alone for so many seconds.
    Busy(u64),
    /// It refuses for good.
    Gone,
}

impl Recorder {
    pub(crate) fn new() -> Arc<Self> {
        Arc::default()
    }

    pub(crate) fn breaks(&self, destination: &str, how: Break) {
        self.broken.lock().unwrap().insert(destination.to_owned(), how);
    }

    pub(crate) fn mends(&self, destination: &str) {
        self.broken.lock().unwrap().remove(destination);
    }

    /// Lets requests wait until the test gives permits.
    pub(crate) fn gated(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(gate.clone());
        gate
    }

    /// How many requests a destination got, answered well or not.
    pub(crate) fn requests(&self, destination: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|to| *to == destination).count()
    }

    /// What was replied to presses of buttons, with the addresses.
    pub(crate) fn replies(&self) -> Vec<(String, String)> {
        self.replies.lock().unwrap().clone()
    }

    /// How many issues a repository has.
    pub(crate) fn issues(&self, repository: &str) -> u64 {
        self.issues.lock().unwrap().get(repository).copied().unwrap_or_default()
    }

    /// Every message that a destination took, in order.
    pub(crate) fn told(&self, destination: &str) -> Vec<Telling> {
        let told = self.told.lock().unwrap();
        told.iter().filter(|(to, _)| to == destination).map(|(_, telling)| telling.clone()).collect()
    }

    /// Every notice that a destination was told, alone or with others.
    pub(crate) fn notices(&self, destination: &str) -> Vec<Notice> {
        let notices = |telling| match telling {
            Telling::One(notice) => vec![*notice],
            Telling::Several { notices, .. } => notices,
            Telling::Limited { .. } => Vec::new(),
        };
        self.told(destination).into_iter().flat_map(notices).collect()
    }

    /// In short: `first 1`, `threshold 30`, with what was counted.
    pub(crate) fn brief(&self, destination: &str) -> Vec<String> {
        self.notices(destination).iter().map(brief).collect()
    }
}

pub(crate) fn brief(notice: &Notice) -> String {
    match &notice.why {
        Why::First => format!("first {}", notice.count),
        Why::Regression => format!("regression {}", notice.count),
        Why::Unmuted => format!("unmuted {}", notice.count),
        Why::Threshold { count, .. } => format!("threshold {count}"),
        Why::Sample => "sample".to_owned(),
    }
}

#[async_trait]
impl Tell for Recorder {
    async fn tell(&self, target: &Target, told: &Told<'_>) -> Result<Option<Issue>, Failed> {
        let name = name(target);
        self.requests.lock().unwrap().push(name.clone());
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        let how = self.broken.lock().unwrap().get(&name).copied();
        match how {
            Some(Break::Down) => return Err(Failed::Later { after: None, what: "it is down".to_owned() }),
            Some(Break::Busy(seconds)) => {
                return Err(Failed::Later { after: Some(Duration::from_secs(seconds)), what: "busy".to_owned() });
            }
            Some(Break::Gone) => return Err(Failed::Never { what: "it is gone".to_owned() }),
            None => {}
        }
        self.told.lock().unwrap().push((name.clone(), told.telling.clone()));
        match (target, told.issue) {
            (Target::GitHub(_) | Target::GitLab(_), Some(issue)) => Ok(Some(issue.clone())),
            (Target::GitHub(_) | Target::GitLab(_), None) => {
                let mut issues = self.issues.lock().unwrap();
                let number = issues.entry(name.clone()).or_default();
                *number += 1;
                Ok(Some(Issue { number: *number, url: format!("https://{name}/{number}") }))
            }
            _ => Ok(None),
        }
    }

    async fn reply(&self, response_url: &str, text: &str) -> Result<(), Failed> {
        self.replies.lock().unwrap().push((response_url.to_owned(), text.to_owned()));
        Ok(())
    }
}

/// What a test calls a target: the host of its webhook, or its repository.
fn name(target: &Target) -> String {
    let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
    match target {
        Target::Slack(slack) => host(slack.endpoint.reveal()),
        Target::Webhook(webhook) => host(webhook.endpoint.reveal()),
        Target::Discord(hook) | Target::Teams(hook) => host(hook.endpoint.reveal()),
        Target::GitHub(github) => github.repo.clone(),
        Target::GitLab(gitlab) => gitlab.repo.clone(),
        Target::Mail(mail) => mail.to.join(","),
    }
}

/// Sets the rules of the project `sample`.
pub(crate) async fn rules(faultline: &Faultline, rules: Value) {
    let body = serde_json::json!({ "rules": rules }).to_string();
    let answer = faultline.call(Method::PUT, "/projects/sample/rules", ADMIN, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}
