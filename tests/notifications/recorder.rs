//! Destinations that record what they receive, and fail when a test wants them to.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use async_trait::async_trait;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use notify::channels::{Delivery, Issue, Notifier, SendError};
use rules::{Message, Notification, Target, Trigger};
use serde_json::Value;
use tokio::sync::Semaphore;

/// The destinations, by the host of their webhook or the name of their repository.
#[derive(Default)]
pub(crate) struct Recorder {
    messages: Mutex<Vec<(String, Message)>>,
    /// How destinations fail instead of accepting a message.
    broken: Mutex<BTreeMap<String, Break>>,
    /// Every request, whether it succeeded or not.
    requests: Mutex<Vec<String>>,
    /// The number of issues of each repository.
    issues: Mutex<BTreeMap<String, u64>>,
    /// Replies to button presses, with their URLs.
    replies: Mutex<Vec<(String, String)>>,
    /// Makes requests wait, for tests that want it.
    gate: Mutex<Option<Arc<Semaphore>>>,
}

/// How a destination fails.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Break {
    /// It fails, and a retry may help.
    Down,
    /// It asks to retry after this many seconds.
    Busy(u64),
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

    /// Makes requests wait until the test adds permits.
    pub(crate) fn gated(&self) -> Arc<Semaphore> {
        let gate = Arc::new(Semaphore::new(0));
        *self.gate.lock().unwrap() = Some(gate.clone());
        gate
    }

    /// Returns the number of requests to a destination, whether they succeeded or not.
    pub(crate) fn requests(&self, destination: &str) -> usize {
        self.requests.lock().unwrap().iter().filter(|to| *to == destination).count()
    }

    /// Returns the replies to button presses, with their URLs.
    pub(crate) fn replies(&self) -> Vec<(String, String)> {
        self.replies.lock().unwrap().clone()
    }

    /// Returns the number of issues in a repository.
    pub(crate) fn issues(&self, repository: &str) -> u64 {
        self.issues.lock().unwrap().get(repository).copied().unwrap_or_default()
    }

    /// Returns every message that a destination accepted, in order.
    pub(crate) fn messages(&self, destination: &str) -> Vec<Message> {
        let messages = self.messages.lock().unwrap();
        messages.iter().filter(|(to, _)| to == destination).map(|(_, message)| message.clone()).collect()
    }

    /// Returns every notification that a destination accepted, from single and collected messages.
    pub(crate) fn notifications(&self, destination: &str) -> Vec<Notification> {
        let notifications = |message| match message {
            Message::One(notification) => vec![*notification],
            Message::Several { notifications, .. } => notifications,
            Message::Limited { .. } => Vec::new(),
        };
        self.messages(destination).into_iter().flat_map(notifications).collect()
    }

    /// Returns these notifications in short: `first 1`, `threshold 30`, with their counts.
    pub(crate) fn brief(&self, destination: &str) -> Vec<String> {
        self.notifications(destination).iter().map(brief).collect()
    }
}

pub(crate) fn brief(notification: &Notification) -> String {
    match &notification.trigger {
        Trigger::First => format!("first {}", notification.count),
        Trigger::Regression => format!("regression {}", notification.count),
        Trigger::Unmuted => format!("unmuted {}", notification.count),
        Trigger::Threshold { count, .. } => format!("threshold {count}"),
        Trigger::Resolved => "resolved".to_owned(),
        Trigger::Assigned { assignee } => format!("assigned to {assignee}"),
        Trigger::Sample => "sample".to_owned(),
    }
}

#[async_trait]
impl Notifier for Recorder {
    async fn send(&self, target: &Target, delivery: &Delivery<'_>) -> Result<Option<Issue>, SendError> {
        let name = name(target);
        self.requests.lock().unwrap().push(name.clone());
        let gate = self.gate.lock().unwrap().clone();
        if let Some(gate) = gate {
            gate.acquire().await.unwrap().forget();
        }
        let how = self.broken.lock().unwrap().get(&name).copied();
        match how {
            Some(Break::Down) => {
                return Err(SendError::Transient { retry_after: None, reason: "it is down".to_owned() });
            }
            Some(Break::Busy(seconds)) => {
                return Err(SendError::Transient {
                    retry_after: Some(Duration::from_secs(seconds)),
                    reason: "busy".to_owned(),
                });
            }
            Some(Break::Gone) => return Err(SendError::Permanent { reason: "it is gone".to_owned() }),
            None => {}
        }
        self.messages.lock().unwrap().push((name.clone(), delivery.message.clone()));
        match (target, delivery.issue) {
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

    async fn reply(&self, response_url: &str, text: &str) -> Result<(), SendError> {
        self.replies.lock().unwrap().push((response_url.to_owned(), text.to_owned()));
        Ok(())
    }
}

/// Returns a target's name in tests: the host of its webhook, or its repository.
fn name(target: &Target) -> String {
    let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
    match target {
        Target::Slack(slack) => host(slack.endpoint.reveal()),
        Target::Webhook(webhook) => host(webhook.endpoint.reveal()),
        Target::Discord(hook) | Target::Teams(hook) => host(hook.endpoint.reveal()),
        Target::GitHub(github) => github.repo.clone(),
        Target::GitLab(gitlab) => gitlab.repo.clone(),
        Target::Email(email) => email.to.join(","),
        Target::PagerDuty(_) | Target::Opsgenie(_) | Target::IncidentIo(_) => target.kind().to_owned(),
    }
}

/// Sets the rules of the project `sample`.
pub(crate) async fn rules(faultline: &Faultline, rules: Value) {
    let body = serde_json::json!({ "rules": rules }).to_string();
    let answer = faultline.call(Method::PUT, "/projects/sample/rules", ADMIN, body).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
}
