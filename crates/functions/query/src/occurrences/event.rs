//! `GET /projects/{project}/occurrences/{event}`: finds the occurrence of an event, in any error.
//!
//! A request reads the event's own entries in the event index and, concurrently, the newest 200 blocks (about 25 KB) of
//! the event's bucket of each width. For each location found it reads the error, the reference and the frame. If the
//! event is not among them, it reads up to 4 MiB more blocks of each width, 1 MiB at a time, which is what a bucket
//! gets from about 30,000 batches. After that the caller has to continue with another request. So the cost grows with
//! the number of batches of storms that were stored since, not with the number of errors or occurrences.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::response::Response;
use axum::routing::get;
use formats::event_index::{BlockId, Bucket, EventLocation, Width};
use futures_util::future::{try_join, try_join_all};
use http::Uri;
use http_common::{Answer, ProjectReader, ReadableProject};
use model::id::{EventHash, EventId};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;

use super::show::{describe_occurrence, refuse_unknown};
use super::{References, step};
use crate::Query;
use crate::list::{Parameters, parse_moment, refuse_parameter};
use crate::lookup::find_listed_error;

/// The number of blocks per width that are read first. Most requests are for recent events.
const BLOCKS_READ_FIRST: usize = 200;
/// The number of blocks per width in each further round, unless 1 MiB is reached first.
const BLOCKS_READ_NEXT: usize = 10_000;
const MAX_ROUNDS: usize = 5;
/// The most locations that are examined. An event has one location, unless a processor died before its commit, or a
/// client reused an id.
const MAX_PLACES: usize = 50;

pub(super) fn route() -> Router<Arc<Query>> {
    Router::new().route("/projects/{project}/occurrences/{event}", get(handle))
}

async fn handle(State(query): State<Arc<Query>>, reader: ProjectReader, uri: Uri) -> Response {
    query.answer(find(&query, &reader, &uri)).await
}

async fn find(query: &Query, reader: &ProjectReader, uri: &Uri) -> Answer {
    let event = EventId::parse(&http_common::decode_segment(uri.path().split('/').nth(4).unwrap_or_default()));
    let event = event.map_err(|error| refuse_parameter("event", error))?;
    let before = Parameters::parse(uri).parsed("storedBefore", parse_moment)?;
    let project = reader.load_project(query).await?;
    EventSearch { query, project: &project, event, hash: event.hash(), looked_at: HashSet::new() }.run(before).await
}

struct EventSearch<'a> {
    query: &'a Query,
    project: &'a ReadableProject,
    event: EventId,
    hash: EventHash,
    looked_at: HashSet<EventLocation>,
}

impl EventSearch<'_> {
    async fn run(mut self, before: Option<Timestamp>) -> Answer {
        let before = before.map(BlockId::floor);
        let mut open: Vec<(Bucket, Option<BlockId>)> =
            Width::ALL.iter().map(|width| (width.bucket_of(self.hash), before)).collect();
        for round in 0..MAX_ROUNDS {
            let own = async {
                match round {
                    0 => self.query.stores.event_index.locations(self.project.id, self.hash, MAX_PLACES).await,
                    _ => Ok(Vec::new()),
                }
            };
            let limit = if round == 0 { BLOCKS_READ_FIRST } else { BLOCKS_READ_NEXT };
            let pages = open.iter().map(|(bucket, before)| {
                self.query.stores.event_index.locations_in(self.project.id, self.hash, *bucket, *before, limit)
            });
            let (mut places, pages) = try_join(own, try_join_all(pages)).await?;
            let ends: Vec<_> = pages.iter().map(|page| page.next).collect();
            places.extend(pages.into_iter().flat_map(|page| page.items));
            places.sort_by_key(|place| std::cmp::Reverse(place.reference));
            for place in places {
                if self.looked_at.len() < MAX_PLACES
                    && self.looked_at.insert(place)
                    && let Some(answer) = self.look_at(&place).await?
                {
                    return Ok(answer);
                }
            }
            let buckets = open.into_iter().map(|(bucket, _)| bucket);
            open = buckets.zip(ends).filter(|(_, end)| end.is_some()).collect();
        }
        Err(self.refuse_not_found(open.into_iter().filter_map(|(_, end)| end).max()))
    }

    /// Answers with the occurrence at a location, if it is the event.
    async fn look_at(&self, place: &EventLocation) -> Result<Option<Response>, Refusal> {
        let error = find_listed_error(self.query, self.project, &place.fingerprint).await?;
        let Some(error) = error else { return Ok(None) };
        let references = References::new(self.query, &error);
        let reference = references.find(&place.reference).await?;
        let Some(reference) = reference else { return Ok(None) };
        // The events of a reference are in the order of its frame's lines.
        let lines = (0u32..).zip(&reference.events).filter(|(_, event)| **event == self.hash);
        for (line, _) in lines {
            let seen = step::read_at(self.query, &references, &reference, line).await?;
            if let Some(seen) = seen.filter(|seen| seen.found.occurrence.event_id == self.event) {
                return describe_occurrence(self.query, self.project, &error, seen, None).await.map(Some);
            }
        }
        Ok(None)
    }

    /// `end` is where the search stopped, if it did not read everything.
    fn refuse_not_found(&self, end: Option<BlockId>) -> Refusal {
        let Self { project, event, .. } = self;
        let Some(end) = end else {
            return refuse_unknown(&format!("project `{}` has no occurrence of event {event}", project.name));
        };
        // More blocks may have been written in the same millisecond.
        let end = Timestamp::from_millis(end.written_at().millis() + 1);
        let message = format!(
            "event {event} is not among the events that project `{}` stored since {end}: add `storedBefore={end}` to search further \
             back",
            project.name
        );
        Refusal::new(Reason::OccurrenceUnknown, message)
    }
}
