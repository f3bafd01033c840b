//! Everything that users see of a project.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use formats::event_index::{EventLocation, Width};
use formats::segment::FrameRange;
use model::error::Status;
use model::id::{EventHash, EventId, Fingerprint, ProjectId};
use model::occurrence::Occurrence;
use model::time::Timestamp;
use model::timeline::Hour;
use server::system::Resources;
use store::ports::{Errors, EventIndex, Frame, FramePlace, Occurrences, ReferenceRange, Segments};

/// The occurrences of a project by error: message and fingerprint.
pub(crate) type Tally = BTreeMap<(String, Fingerprint), BTreeSet<EventId>>;

/// Reads everything. Checks that each error's count, timeline, references and listed occurrences agree, that no event
/// is listed twice, and that each event is found by its id.
pub(crate) async fn tally(on: &Resources, project: ProjectId) -> Tally {
    let mut tally = Tally::new();
    let page = on.table.page(project, &[Status::Unresolved, Status::Resolved], None, 100).await.unwrap();
    assert!(page.next.is_none(), "more than one page");
    let hours = Hour::of(Timestamp::default())..=Hour::of(Timestamp::from_seconds(4_000_000_000));
    let (mut all, mut segments) = (BTreeSet::new(), HashMap::new());
    for error in page.items {
        let timeline = on.table.timeline_of(&error, hours.clone()).await.unwrap();
        let references = on.table.references_in_range_of(&error, &ReferenceRange::default(), 1_000).await.unwrap();
        assert!(references.next.is_none(), "more than one page");
        let (mut lines, mut error_commits, mut listed) = (0, 0, BTreeSet::new());
        for reference in references.items {
            error_commits += reference.events.len();
            // Check one event per reference: all entries of a reference are written together.
            let parts = error.merged_errors().iter().map(|part| part.fingerprint);
            let place = |fingerprint| EventLocation { fingerprint, reference: reference.id };
            let locations: Vec<_> = parts.chain([error.fingerprint]).map(place).collect();
            assert!(
                is_entered(on, project, reference.events[0], &locations).await,
                "the event index has none of these: {locations:?}"
            );
            let frame = match reference.frame {
                FramePlace::Inline(frame) => Frame::Inline(frame),
                FramePlace::Segment { id, range: FrameRange { offset, length } } => {
                    if !segments.contains_key(&id) {
                        let (segment, _) = on.bucket.get(&id).await.unwrap();
                        segments.insert(id.clone(), segment);
                    }
                    Frame::Segment(segments[&id][offset as usize..][..length as usize].to_vec().into())
                }
            };
            for line in frame.lines() {
                let occurrence: Occurrence = serde_json::from_slice(&line.unwrap()).unwrap();
                lines += 1;
                assert!(all.insert(occurrence.event_id), "{} is listed twice", occurrence.event_id);
                listed.insert(occurrence.event_id);
            }
        }
        let counted = [error.count as usize, timeline.total() as usize, error_commits, lines];
        assert_eq!(counted, [listed.len(); 4], "count, timeline, event hashes and lines of `{}`", error.message);
        tally.insert((error.message, error.fingerprint), listed);
    }
    tally
}

/// Whether the event index has the event at one of these locations: as the error that it was grouped to, which may have
/// been merged.
async fn is_entered(on: &Resources, project: ProjectId, event: EventHash, any: &[EventLocation]) -> bool {
    let mut locations = EventIndex::locations(&*on.table, project, event, 100).await.unwrap();
    for bucket in Width::ALL.map(|width| width.bucket_of(event)) {
        if any.iter().any(|place| locations.contains(place)) {
            break;
        }
        locations.extend(on.table.locations_in(project, event, bucket, None, 1_000).await.unwrap().items);
    }
    any.iter().any(|place| locations.contains(place))
}

/// Returns all events of a project.
pub(crate) async fn listed(on: &Resources, project: ProjectId) -> BTreeSet<EventId> {
    tally(on, project).await.into_values().flatten().collect()
}

/// Panics unless exactly the accepted events are listed.
pub(crate) fn assert_same(listed: &BTreeSet<EventId>, accepted: &BTreeSet<EventId>, when: &str) {
    let ids = |difference: Vec<&EventId>| difference.into_iter().map(ToString::to_string).collect::<Vec<_>>();
    let (lost, made_up) = (accepted.difference(listed).collect(), listed.difference(accepted).collect());
    let (lost, made_up): (Vec<_>, Vec<_>) = (ids(lost), ids(made_up));
    assert!(lost.is_empty() && made_up.is_empty(), "{when}: lost {lost:?}, made up {made_up:?}");
}
