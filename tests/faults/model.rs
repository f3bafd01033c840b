//! Random sequences of actions by people, clients and crashes, compared with a small model of what users should see.
//!
//!     PROPTEST_CASES=10000 cargo test -p faultline-tests --test faults model

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use axum::body::Body;
use faultline_tests::{ADMIN, Faultline};
use http::{Method, StatusCode};
use proptest::prelude::*;
use serde_json::{Value, json};
use store::faults::{Fault, Faults, When};

use crate::turns::paused;
use crate::world::World;

/// One step of a test. There are few messages, so that much happens to each.
#[derive(Clone, Debug)]
enum Step {
    Post {
        message: u8,
    },
    Processor,
    /// The process dies before or after this call of the processor, and another one replaces it.
    Crash {
        call: u64,
        after: bool,
    },
    /// The queue delivers a processed message again.
    Redeliver {
        text: usize,
    },
    SetStatus {
        message: u8,
        resolved: bool,
    },
    Delete {
        message: u8,
    },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let message = 0..3u8;
    let step = prop_oneof![
        4 => message.clone().prop_map(|message| Step::Post { message }),
        3 => Just(Step::Processor),
        3 => (0..8u64, any::<bool>()).prop_map(|(call, after)| Step::Crash { call, after }),
        2 => (0..20usize).prop_map(|text| Step::Redeliver { text }),
        2 => (message.clone(), any::<bool>()).prop_map(|(message, resolved)| Step::SetStatus { message, resolved }),
        1 => message.prop_map(|message| Step::Delete { message }),
    ];
    prop::collection::vec(step, 1..25)
}

/// The expected result, as users should see it.
#[derive(Default)]
struct Model {
    errors: BTreeMap<String, Error>,
    /// Events that wait in the inbox: message, event id, and the step in which they were received.
    inbox: Vec<Event>,
    /// All events that were posted, each with its queue message.
    posted: Vec<(Event, String)>,
    /// Events that were deleted with their errors. If one is delivered again it may be stored or not: a process that
    /// remembers having counted it drops it. Both are right, so such events are not delivered again here.
    deleted: BTreeSet<String>,
}

type Event = (String, String, usize);

#[derive(Default)]
struct Error {
    events: BTreeSet<String>,
    /// The step in which it was resolved, if it is resolved.
    resolved: Option<usize>,
    /// How often somebody changed its status.
    changes: usize,
}

impl Model {
    fn process(&mut self) {
        for (message, id, received) in std::mem::take(&mut self.inbox) {
            let error = self.errors.entry(message).or_default();
            if error.events.insert(id) && error.resolved.is_some_and(|resolved| received > resolved) {
                error.resolved = None;
            }
        }
    }
}

struct Run {
    world: World,
    faults: Faults,
    faultline: Faultline,
    model: Model,
    step: usize,
}

impl Run {
    async fn new() -> Self {
        let world = World::new(0).await;
        let faults = Faults::seeded(0);
        let faultline = world.faultline(&faults).await;
        Self { world, faults, faultline, model: Model::default(), step: 0 }
    }

    async fn step(&mut self, step: &Step) {
        self.step += 1;
        self.faultline.clock.advance(1);
        let name = |message: &u8| format!("message {message}");
        let path = |message: &u8| format!("/projects/sample/errors/message%20{message}");
        match step {
            Step::Post { message } => {
                let body = json!({ "errors": [{ "message": name(message) }] });
                let id = self.faultline.post("sample", &body).await["id"].as_str().unwrap().to_owned();
                let text = self.newest_text().await;
                let event = (name(message), id, self.step);
                self.model.inbox.push(event.clone());
                self.model.posted.push((event, text));
            }
            Step::Processor => self.process_all().await,
            Step::Crash { call, after } => {
                let fault = if *after { Fault::CrashAfter } else { Fault::Crash };
                self.faults.rule(When::Nth(*call), fault, |_| true);
                self.redrive().await;
                tokio::select! {
                    _ = self.faultline.process() => self.model.process(),
                    () = self.faults.crashed() => self.restart().await,
                }
                self.faults.heal();
            }
            Step::Redeliver { text } => {
                let posted = self.model.posted.get(*text).cloned();
                if let Some((event, text)) = posted.filter(|(event, _)| !self.model.deleted.contains(&event.1)) {
                    self.faultline.stack.inbox().send(text).await.unwrap();
                    self.model.inbox.push(event);
                }
            }
            Step::SetStatus { message, resolved } => {
                let body = json!({ "status": if *resolved { "resolved" } else { "unresolved" } }).to_string();
                let answer = self.faultline.call(Method::PATCH, &path(message), ADMIN, body).await;
                if self.exists(&name(message), answer.status) {
                    let error = self.model.errors.entry(name(message)).or_default();
                    error.resolved = resolved.then_some(self.step);
                    error.changes += 1;
                }
            }
            Step::Delete { message } => {
                let stored = |(message, id, _): &Event| {
                    self.model.errors.get(message).is_some_and(|error| error.events.contains(id))
                };
                if self.model.inbox.iter().any(stored) {
                    self.process_all().await;
                }
                let answer = self.faultline.call(Method::DELETE, &path(message), ADMIN, Body::empty()).await;
                if self.exists(&name(message), answer.status) {
                    let removed = self.model.errors.remove(&name(message));
                    self.model.deleted.extend(removed.into_iter().flat_map(|error| error.events));
                }
            }
        }
    }

    /// Whether the error exists. Only a crash may have stored an event that is still in the model's inbox.
    fn exists(&self, message: &str, status: StatusCode) -> bool {
        let exists = status.is_success();
        assert!(exists || status == StatusCode::NOT_FOUND, "{status}");
        let modelled = self.model.errors.contains_key(message);
        let maybe = self.model.inbox.iter().any(|(waiting, ..)| waiting == message);
        assert!(exists == modelled || (exists && maybe), "`{message}`: {status}, in the model: {modelled}");
        exists
    }

    async fn process_all(&mut self) {
        self.redrive().await;
        assert_eq!(self.faultline.process().await, 0);
        self.model.process();
    }

    /// Starts another process, and lets requests in flight arrive.
    async fn restart(&mut self) {
        tokio::time::sleep(Duration::from_secs(60)).await;
        self.faults = Faults::seeded(self.step as u64);
        self.faultline = self.world.faultline(&self.faults).await;
        self.faultline.stack.inbox().release().await.unwrap();
    }

    /// Returns the text of the last message that was sent.
    async fn newest_text(&self) -> String {
        let texts = self.faultline.take_inbox().await;
        for text in &texts {
            self.faultline.stack.inbox().send(text.clone()).await.unwrap();
        }
        texts.last().unwrap().clone()
    }

    /// Redrives messages that are in the dead-letter queue after too many crashes.
    async fn redrive(&self) {
        let dead = self.faultline.stack.engines().sqs().queue("faultline-inbox-dead").unwrap();
        for letter in dead.receive(1_000, 64 << 20, Duration::from_secs(60)).await.unwrap() {
            self.faultline.stack.inbox().send(letter.body).await.unwrap();
        }
    }

    async fn check(&self) {
        let seen = self.faultline.get("/projects/sample/errors?limit=100").await;
        let mut errors = BTreeMap::new();
        for error in seen["errors"].as_array().unwrap() {
            let message = error["message"].as_str().unwrap().to_owned();
            let path = format!("/projects/sample/errors/{}", error["fingerprint"].as_str().unwrap());
            let listed = self.faultline.all(&format!("{path}/occurrences?limit=100"), "after").await;
            let events: Vec<_> = listed.iter().map(|event| event["eventId"].as_str().unwrap().to_owned()).collect();
            let shown = self.faultline.get(&format!("{path}?start=2026-11-01T00:00:00Z")).await;
            let minutes = shown["timeline"]["errors"].as_array().unwrap();
            let sum: u64 = minutes.iter().map(|minute| minute["count"].as_u64().unwrap()).sum();
            assert_eq!([error["count"].as_u64().unwrap(), sum], [events.len() as u64; 2], "`{message}`");
            let distinct: BTreeSet<_> = events.iter().cloned().collect();
            assert_eq!(distinct.len(), events.len(), "`{message}` lists an event twice");
            let changes = self.history(&path, error).await;
            errors.insert(message, (error["status"].as_str().unwrap().to_owned(), distinct, changes));
        }
        let status = |error: &Error| if error.resolved.is_some() { "resolved" } else { "unresolved" }.to_owned();
        let modelled = self.model.errors.iter().filter(|(_, error)| !error.events.is_empty());
        let modelled: BTreeMap<_, _> = modelled
            .map(|(message, error)| (message.clone(), (status(error), error.events.clone(), error.changes)))
            .collect();
        assert_eq!(errors, modelled);
    }

    /// Returns the number of changes by people in an error's history. Each regression that was counted must have
    /// exactly one entry, too.
    async fn history(&self, path: &str, error: &Value) -> usize {
        let history = self.faultline.get(&format!("{path}/history?limit=100")).await["history"].clone();
        let (regressed, changes): (Vec<_>, Vec<_>) =
            history.as_array().unwrap().iter().partition(|entry| entry["what"] == "regressed");
        assert_eq!(regressed.len() as u64, error["regression"]["count"].as_u64().unwrap_or_default(), "{history}");
        changes.len()
    }
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    /// Counted once (promise 2 in docs/src/internals/promises.md), and actions of people: a status holds until a new
    /// occurrence ends it, and deleted errors are gone.
    #[test]
    fn users_see_what_the_model_expects(steps in steps()) {
        paused(async {
            let mut run = Run::new().await;
            for step in &steps {
                run.step(step).await;
                if run.model.inbox.is_empty() {
                    run.check().await;
                }
            }
            run.process_all().await;
            run.check().await;
        });
    }
}
