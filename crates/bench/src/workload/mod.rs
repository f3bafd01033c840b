//! Generates events that look like real ones. An event depends only on its number and the seed, so a workload can be
//! repeated.

mod event;
mod template;

use clap::ValueEnum;
use template::{Template, Values};

/// The format of a request body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum EventForm {
    /// A Sentry envelope with one event, as current SDKs send it
    Envelope,
    /// A bare Sentry event, as older SDKs send it
    Store,
    /// One error in faultline's own JSON API
    V1,
}

/// How similar the events are to each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Likeness {
    /// A storm: events of one error differ only in ids, times and a few numbers
    Like,
    /// Normal traffic: events of one error also differ in users, requests, variables and breadcrumbs
    Mixed,
    /// Each event is a different error
    Different,
}

/// Generates events by number.
#[derive(Clone, Debug)]
pub struct Workload {
    form: EventForm,
    bytes: usize,
    seed: u64,
    /// One template for each error. If every event is a different error, a single template makes all of them.
    templates: Vec<Template>,
}

/// The requested size is too small for the event.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("an event of {bytes} bytes is too small for its fields: use at least {least}")]
pub struct TooSmall {
    bytes: usize,
    least: usize,
}

impl Workload {
    /// Creates a generator of bodies of this form, each of exactly `bytes` bytes, of `errors` different errors (at
    /// least one). Another seed makes other events, with other ids, of the same errors.
    pub fn new(form: EventForm, likeness: Likeness, errors: u32, bytes: usize, seed: u64) -> Result<Self, TooSmall> {
        let errors = if likeness == Likeness::Different { 1 } else { errors.max(1) };
        let text = |error| match form {
            EventForm::V1 => event::v1(likeness, error, bytes),
            EventForm::Store => event::sentry(likeness, error, bytes),
            EventForm::Envelope => event::envelope(&event::sentry(likeness, error, bytes)),
        };
        let templates: Vec<_> = (0..errors).map(|error| Template::parse(&text(error))).collect();
        let workload = Self { form, bytes, seed, templates };
        // Values of a kind have a fixed width, so one event of each error is enough to find the smallest size.
        let least = (0..u64::from(errors)).map(|number| workload.unpadded(number)).max().unwrap_or_default();
        if least > bytes { Err(TooSmall { bytes, least }) } else { Ok(workload) }
    }

    pub fn form(&self) -> EventForm {
        self.form
    }

    /// Returns the body of an event that happens now. Consecutive events are of different errors.
    pub fn body(&self, number: u64) -> Vec<u8> {
        self.template(number).fill(&mut self.values(number), self.bytes)
    }

    fn unpadded(&self, number: u64) -> usize {
        self.template(number).fill(&mut self.values(number), 0).len()
    }

    fn template(&self, number: u64) -> &Template {
        &self.templates[(number % self.templates.len() as u64) as usize]
    }

    fn values(&self, number: u64) -> Values {
        Values::of(number, self.seed)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use grouping::group;
    use model::id::EventId;
    use model::json;
    use model::occurrence::Occurrence;
    use model::time::Timestamp;
    use protocol::json_api::{self, Parsed, Post};
    use protocol::sentry::{Envelope, Received, normalise};

    use super::*;

    const EACH: [EventForm; 3] = [EventForm::Envelope, EventForm::Store, EventForm::V1];
    const ALL: [Likeness; 3] = [Likeness::Like, Likeness::Mixed, Likeness::Different];

    /// Parses a body as faultline does.
    fn read(form: EventForm, body: &[u8]) -> Occurrence {
        let now = std::time::SystemTime::UNIX_EPOCH.elapsed().unwrap();
        let received_at = Timestamp::from_seconds(now.as_secs() as i64);
        let event_id = EventId::from_bytes([1; 16]);
        if form == EventForm::V1 {
            let taken = Parsed::of(body).unwrap().taken;
            let post: Post = json::parse(&serde_json::to_vec(&taken).unwrap()).unwrap();
            return json_api::normalise(post.errors[0].clone(), &post.shared, event_id, received_at);
        }
        let event = match form {
            EventForm::Envelope => Envelope::parse(body).unwrap().items.swap_remove(0).payload,
            _ => body.to_vec(),
        };
        normalise(json::parse(&event).unwrap(), &Received { event_id, received_at, sent_at: None, client_ip: None })
    }

    #[test]
    fn an_event_has_the_size_that_was_asked_for() {
        for form in EACH {
            for (likeness, bytes) in ALL.into_iter().flat_map(|likeness| [(likeness, 3_000), (likeness, 20_001)]) {
                let workload = Workload::new(form, likeness, 7, bytes, 1).unwrap();
                for number in 0..20 {
                    assert_eq!(workload.body(number).len(), bytes, "{form:?} {likeness:?} {number}");
                }
            }
            let refused = Workload::new(form, Likeness::Mixed, 7, 300, 1).unwrap_err();
            assert!(refused.to_string().contains("at least"), "{refused}");
            assert!(Workload::new(form, Likeness::Mixed, 7, refused.least, 1).is_ok(), "{refused}");
        }
    }

    /// faultline's own grouping finds as many errors as requested, or one for each event with `Likeness::Different`.
    #[test]
    fn events_are_of_the_requested_number_of_errors() {
        for form in EACH {
            for (likeness, expected) in ALL.into_iter().zip([7, 7, 60]) {
                let workload = Workload::new(form, likeness, 7, 3_000, 1).unwrap();
                let bodies: Vec<_> = (0..60).map(|number| read(form, &workload.body(number))).collect();
                for occurrence in &bodies {
                    assert_eq!(occurrence.errors, [], "{form:?} {likeness:?}: no part of it is refused");
                }
                let errors: BTreeSet<_> = bodies.iter().map(|occurrence| group(occurrence).hashes[0]).collect();
                assert_eq!(errors.len(), expected, "{form:?} {likeness:?}");
            }
        }
    }

    /// No two events have the same id, in one run or in two, so every event counts.
    #[test]
    fn no_event_is_sent_twice() {
        let ids = |form: EventForm, seed| {
            let workload = Workload::new(form, Likeness::Like, 3, 3_000, seed).unwrap();
            let text = move |number| String::from_utf8(workload.body(number)).unwrap();
            (0..30).map(move |number| text(number).split_once(r#""event_id":""#).unwrap().1[..32].to_owned())
        };
        for form in [EventForm::Envelope, EventForm::Store] {
            let all: BTreeSet<_> = ids(form, 1).chain(ids(form, 2)).collect();
            assert_eq!(all.len(), 60);
            assert!(all.iter().all(|id| EventId::parse(id).is_ok()));
        }
    }

    /// Events of `Likeness::Like` have more bytes in common than those of `Likeness::Mixed`.
    #[test]
    fn similar_events_have_more_in_common() {
        let alike = |likeness| {
            let workload = Workload::new(EventForm::Store, likeness, 1, 3_000, 1).unwrap();
            let (a, b) = (workload.body(1), workload.body(2));
            a.iter().zip(&b).filter(|(a, b)| a == b).count()
        };
        assert!(alike(Likeness::Like) > 2_700, "{}", alike(Likeness::Like));
        assert!(alike(Likeness::Mixed) < 2_700, "{}", alike(Likeness::Mixed));
    }
}
