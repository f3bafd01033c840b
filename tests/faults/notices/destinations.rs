//! Destinations that behave like real ones. A webhook receiver drops a delivery that it has seen. A tracker finds its
//! existing issue, and creates two if it gets two concurrent requests.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use async_trait::async_trait;
use model::id::Fingerprint;
use notify::channels::{Delivery, Issue, Notifier, SendError};
use rules::{Message, Notification, Target, Trigger};
use store::faults::{Fault, Faults};

/// The time that a request takes, in each direction.
const WAY: Duration = Duration::from_millis(20);

/// All destinations, by the host of their webhook or the name of their repository.
#[derive(Default)]
pub(crate) struct Destinations(Mutex<State>);

#[derive(Default)]
struct State {
    /// Failures that destinations return instead of accepting a message.
    broken: BTreeMap<String, SendError>,
    /// Everything that arrived, in order, including what was dropped.
    arrived: Vec<Arrived>,
    /// Deliveries that were accepted.
    deliveries: BTreeSet<(String, String)>,
    /// Issues that were created, by repository and error.
    issues: BTreeMap<(String, Fingerprint), u64>,
    /// Messages that are being received now, by destination and error.
    busy: BTreeSet<(String, Option<Fingerprint>)>,
    requests: usize,
    /// How often a destination received a message about an error while it was receiving another one about it.
    overlaps: usize,
}

/// A notification that arrived at a destination.
#[derive(Clone, Debug)]
pub(crate) struct Arrived {
    /// Destination, error and reason: `hook a first 1`.
    pub(crate) what: String,
    /// The destination and the error.
    pub(crate) lane: (String, Option<Fingerprint>),
    /// The id of the notification.
    pub(crate) token: String,
    /// The error's count.
    pub(crate) count: u64,
    /// Whether the receiver accepted it. It drops deliveries that it has seen.
    pub(crate) taken: bool,
}

impl Destinations {
    pub(crate) fn breaks(&self, destination: &str, how: SendError) {
        self.state().broken.insert(destination.to_owned(), how);
    }

    pub(crate) fn mends(&self, destination: &str) {
        self.state().broken.remove(destination);
    }

    /// Returns everything that arrived, in order.
    pub(crate) fn arrived(&self) -> Vec<Arrived> {
        self.state().arrived.clone()
    }

    pub(crate) fn requests(&self) -> usize {
        self.state().requests
    }

    /// Checks that each error has one issue in each repository, and that messages about one error did not overlap.
    pub(crate) fn assert_orderly(&self, when: &str) {
        let state = self.state();
        for ((repository, _), issues) in &state.issues {
            assert_eq!(*issues, 1, "{when}: issues of an error in {repository}");
        }
        assert_eq!(state.overlaps, 0, "{when}: one sender at a time");
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap()
    }

    async fn take(&self, target: &Target, delivery: &Delivery<'_>) -> Result<Option<Issue>, SendError> {
        let (name, about) = (name(target), about(delivery.message));
        let _busy = Busy::new(self, (name.clone(), about));
        tokio::time::sleep(WAY).await;
        if let Some(how) = self.state().broken.get(&name) {
            return Err(how.clone());
        }
        let Some(error) = about.filter(|_| matches!(target, Target::GitHub(_) | Target::GitLab(_))) else {
            self.land(&name, about, delivery.message);
            tokio::time::sleep(WAY).await;
            return Ok(None);
        };
        let there = delivery.issue.is_some() || self.state().issues.contains_key(&(name.clone(), error));
        tokio::time::sleep(WAY).await;
        if !there {
            *self.state().issues.entry((name.clone(), error)).or_default() += 1;
        }
        self.land(&name, about, delivery.message);
        tokio::time::sleep(WAY).await;
        Ok(Some(Issue { number: 1, url: format!("https://tracker.example/{name}/{error}") }))
    }

    fn land(&self, to: &str, about: Option<Fingerprint>, message: &Message) {
        let mut state = self.state();
        let (delivery, notifications): (_, Vec<&Notification>) = match message {
            Message::One(notification) => (&notification.token, vec![notification.as_ref()]),
            Message::Several { token, notifications, .. } => (token, notifications.iter().collect()),
            Message::Limited { token, .. } => (token, Vec::new()),
        };
        let taken = state.deliveries.insert((to.to_owned(), delivery.clone()));
        if notifications.is_empty() {
            let (what, token) = (format!("{to} limited"), delivery.clone());
            state.arrived.push(Arrived { what, lane: (to.to_owned(), about), token, count: 0, taken });
        }
        for notification in notifications {
            let Notification { message, count, token, fingerprint, .. } = notification;
            let what = format!("{to} {message} {} {count}", why(&notification.trigger));
            let lane = (to.to_owned(), Some(*fingerprint));
            state.arrived.push(Arrived { what, lane, token: token.clone(), count: *count, taken });
        }
    }
}

/// A request in progress, until it is dropped.
struct Busy<'a>(&'a Destinations, Option<(String, Option<Fingerprint>)>);

impl<'a> Busy<'a> {
    fn new(destinations: &'a Destinations, lane: (String, Option<Fingerprint>)) -> Self {
        let mut state = destinations.state();
        state.requests += 1;
        let alone = state.busy.insert(lane.clone());
        state.overlaps += usize::from(!alone);
        drop(state);
        Self(destinations, alone.then_some(lane))
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        if let Some(lane) = &self.1 {
            self.0.state().busy.remove(lane);
        }
    }
}

/// The destinations, reached over a connection that may fail.
pub(super) struct Line {
    pub(super) faults: Faults,
    pub(super) to: Arc<Destinations>,
}

/// The operation name of faults on the way to a destination.
pub(super) const SEND: &str = "Notifier::send";

#[async_trait]
impl Notifier for Line {
    async fn send(&self, target: &Target, delivery: &Delivery<'_>) -> Result<Option<Issue>, SendError> {
        let failure = |fault| {
            let reason = format!("{fault:?}");
            match fault {
                Fault::Reject => SendError::Permanent { reason },
                Fault::Throttle => SendError::Transient { retry_after: Some(Duration::from_secs(20)), reason },
                _ => SendError::Transient { retry_after: None, reason },
            }
        };
        self.faults.over(SEND, || self.to.take(target, delivery), failure).await
    }

    async fn reply(&self, _: &str, _: &str) -> Result<(), SendError> {
        Ok(())
    }
}

/// Returns the error that a message is about, if it is only one.
fn about(message: &Message) -> Option<Fingerprint> {
    match message {
        Message::One(notification) => Some(notification.fingerprint),
        Message::Several { notifications, .. } => {
            let first = notifications.first()?.fingerprint;
            notifications.iter().all(|notification| notification.fingerprint == first).then_some(first)
        }
        Message::Limited { .. } => None,
    }
}

fn why(why: &Trigger) -> &'static str {
    match why {
        Trigger::First => "first",
        Trigger::Regression => "regression",
        Trigger::Unmuted => "unmuted",
        Trigger::Threshold { .. } => "threshold",
        Trigger::Resolved => "resolved",
        Trigger::Assigned { .. } => "assigned",
        Trigger::Sample => "sample",
    }
}

fn name(target: &Target) -> String {
    let host = |url: &str| url.split('/').nth(2).unwrap_or_default().to_owned();
    match target {
        Target::Webhook(webhook) => host(webhook.endpoint.reveal()),
        Target::Slack(slack) => host(slack.endpoint.reveal()),
        Target::GitHub(github) => github.repo.clone(),
        other => panic!("no test uses {other:?}"),
    }
}
