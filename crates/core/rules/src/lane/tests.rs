use super::*;
use crate::Trigger;
use model::id::{ErrorUid, Fingerprint, OccurrenceId, ProjectId};
use model::project::TimeUnit;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_577_600 + seconds)
}

fn lane() -> Lane {
    let scope = Scope::Error(ErrorUid::new(at(0), 1));
    Lane::new(LaneId { project: ProjectId::new(1).unwrap(), scope, destination: "d".to_owned() })
}

fn entry(version: u64) -> LaneEntry {
    let event = OutboxEvent::Error {
        fingerprint: Fingerprint::of("m", []),
        commit: format!("u:{version}"),
        trigger: Trigger::First,
        at: at(0),
        count: version,
        own: None,
    };
    LaneEntry { event, rule: RuleRef::Project("r".to_owned()), since: at(0), redriven: 0 }
}

/// A recipient that drops a message it has seen does not drop entries that were added later.
#[test]
fn a_message_with_more_entries_has_another_token() {
    let id = lane().id;
    let name = |entries: &[LaneEntry], more| summary_token(entries, more, &id);
    let both = name(&[entry(1), entry(2)], 0);
    assert_eq!(both, name(&[entry(1), entry(2)], 0));
    for other in [name(&[entry(1)], 0), name(&[entry(1), entry(2), entry(3)], 0), name(&[entry(1), entry(2)], 1)] {
        assert_ne!(both, other);
    }
    assert_eq!(both.len(), 32);
}

/// A record that the stream delivers again, in any combination, adds nothing, even after its entry was sent.
#[test]
fn an_entry_is_not_added_twice() {
    let mut lane = lane();
    assert!(lane.add([entry(1), entry(2), entry(1)], at(0)));
    assert_eq!(lane.pending, [entry(1), entry(2)]);
    lane.settle(&[entry(1).token(), entry(2).token()], at(1), at(1));
    assert!(!lane.add([entry(2), entry(1)], at(2)));
    assert!(lane.add([entry(3), entry(2)], at(2)));
    assert_eq!(lane.pending, [entry(3)]);
}

/// The same trigger from another rule, or redriven from the dead-letter queue, is another notification.
#[test]
fn each_rule_and_each_redrive_notifies_separately() {
    let other = LaneEntry { rule: RuleRef::Project("s".to_owned()), ..entry(1) };
    let again = LaneEntry { redriven: 1, ..entry(1) };
    let posted = |id: &str, index| LaneEntry { rule: RuleRef::Posted(id.to_owned(), index), ..entry(1) };
    let mut lane = lane();
    lane.add([entry(1), other, again, posted("a", 0), posted("a", 1)], at(0));
    assert_eq!(lane.pending.len(), 5);
    assert!(!lane.add([posted("b", 0)], at(0)), "the same config, posted again among others");
}

/// A commit can have occurrences from many units of time. Each unit in which it crosses a threshold is reported.
#[test]
fn each_unit_in_which_a_commit_crosses_a_threshold_is_reported() {
    let in_minute = |minute: i64| {
        let mut entry = entry(1);
        let OutboxEvent::Error { trigger, .. } = &mut entry.event else { panic!("of an error") };
        *trigger = Trigger::Threshold { count: 30, unit: TimeUnit::Minute, start: at(minute * 60) };
        entry
    };
    let mut lane = lane();
    lane.add([in_minute(0), in_minute(1), in_minute(0)], at(0));
    assert_eq!(lane.pending, [in_minute(0), in_minute(1)]);
}

#[test]
fn one_sender_at_a_time_has_it_until_its_lease_ends() {
    let mut lane = lane();
    assert!(!lane.take(1, at(0)), "nothing to send");
    lane.add([entry(1)], at(10));
    assert_eq!(lane.wakes_at(), Some(at(10)));
    assert!(!lane.take(1, at(9)), "not due");
    assert!(lane.take(1, at(10)));
    assert!(lane.is_held_by(1) && !lane.is_held_by(2));
    assert_eq!(lane.wakes_at(), Some(at(10 + LEASE_SECONDS)), "if the holder dies somebody else goes on");
    assert!(!lane.take(2, at(11)));
    assert!(lane.take(2, at(10 + LEASE_SECONDS)));
    assert!(!lane.is_held_by(1));
}

/// Entries that come while others are waiting are sent together with them, at the same time.
#[test]
fn later_entries_wait_with_earlier_ones() {
    let mut lane = lane();
    lane.add([entry(1)], at(600));
    lane.add([entry(2)], at(700));
    assert_eq!((lane.due, lane.pending.len()), (at(600), 2));
    lane.back_off(at(600), None, 0);
    lane.add([entry(3)], at(601));
    assert!(lane.due > at(601), "the destination failed a second ago");
}

#[test]
fn pauses_grow_and_ask_no_less_than_the_destination() {
    let mut lane = lane();
    lane.add([entry(1)], at(0));
    let mut pauses = Vec::new();
    for _ in 0..12 {
        lane.take(1, lane.due);
        let now = lane.due;
        lane.back_off(now, None, 999);
        assert_eq!(lane.lease, None);
        pauses.push(lane.due.seconds() - now.seconds());
    }
    assert!(pauses.is_sorted() && pauses[0] <= 10 && pauses[11] <= LONGEST_PAUSE_SECONDS, "{pauses:?}");
    lane.back_off(at(0), Some(3_600), 0);
    assert!(lane.due >= at(3_600));
    lane.settle(&[entry(1).token()], at(5), at(5));
    assert_eq!((lane.failures, lane.wakes_at()), (0, None));
}

#[test]
fn entries_are_too_old_after_a_day() {
    let mut lane = lane();
    let young = LaneEntry { since: at(60), ..entry(2) };
    lane.add([entry(1), young], at(0));
    assert_eq!(lane.expired_count(at(MAX_ENTRY_AGE_SECONDS - 1)), 0);
    assert_eq!(lane.expired_count(at(MAX_ENTRY_AGE_SECONDS)), 1);
    assert_eq!(lane.expired_count(at(MAX_ENTRY_AGE_SECONDS + 60)), 2);
}

/// However long a destination is unavailable, a lane stays small, and every entry is at least counted.
#[test]
fn entries_beyond_the_maximum_are_counted() {
    let mut lane = lane();
    lane.add((0..MAX_PENDING_ENTRIES as u64 + 7).map(entry), at(0));
    assert_eq!((lane.pending.len(), lane.more, lane.seen.len()), (MAX_PENDING_ENTRIES, 7, MAX_REMEMBERED_TOKENS));
    let sent: Vec<_> = lane.pending.iter().map(LaneEntry::token).collect();
    lane.settle(&sent, at(1), at(1));
    assert_eq!(lane.more, 0);
}

#[test]
fn names_are_read_as_they_were_written() {
    let project = ProjectId::new(7).unwrap();
    let uid = ErrorUid::new(at(0), 5);
    for scope in [Scope::Error(uid), Scope::Collected("a#b".to_owned()), Scope::Project] {
        let id = LaneId { project, scope, destination: "0f".repeat(16) };
        assert_eq!(LaneId::parse(project, &id.to_string()).unwrap(), id);
    }
    for bad in ["", "error#x", "error#nouid#d", "other#a#d"] {
        assert!(LaneId::parse(project, bad).is_err(), "{bad}");
    }
}

#[test]
fn entries_come_out_as_they_went_in() {
    let limited = OutboxEvent::Limited { episode: "month:2026-11".to_owned(), limit: "9".to_owned(), until: at(9) };
    let start = at(0);
    let trigger = Trigger::Threshold { count: 7, unit: model::project::TimeUnit::Hour, start };
    let OutboxEvent::Error { fingerprint, commit, at, count, .. } = entry(3).event else { panic!("an error") };
    let own = Some(OccurrenceId::parse("9007197776696131-01KGZ3M5V00000000000000007-0").unwrap());
    let event = OutboxEvent::Error { fingerprint, commit, trigger, at, count, own };
    let rule = RuleRef::Posted("c".to_owned(), 1);
    let entries =
        [entry(1), LaneEntry { event: limited, ..entry(1) }, LaneEntry { event, rule, redriven: 2, ..entry(1) }];
    assert_eq!(unpack(&pack(&entries)).unwrap(), entries);
    assert!(unpack(b"?").is_err());
}

/// The holder goes on while something is due. A write is repeated if its answer was lost, and must remove nothing else.
#[test]
fn settling_keeps_the_lane_while_something_is_due() {
    let mut lane = lane();
    lane.add([entry(1), entry(2), entry(3)], at(0));
    lane.take(1, at(0));
    for _ in 0..2 {
        lane.settle(&[entry(1).token()], at(1), at(1));
        assert_eq!(lane.pending, [entry(2), entry(3)]);
        assert!(lane.is_held_by(1));
    }
    lane.settle(&[entry(2).token()], at(60), at(1));
    assert_eq!((lane.lease, lane.wakes_at()), (None, Some(at(60))));
}

/// With a ceiling of three per minute, three entries pass and the others wait for one summary. Entries that are
/// delivered again are decided as before.
#[test]
fn entries_over_a_ceiling_are_held_and_counted_once() {
    let mut lane = lane();
    let all = || (1..=60).map(entry).collect::<Vec<_>>();
    let (passed, changed) = lane.admit(all(), 3, at(0));
    assert_eq!((passed, changed, lane.pending.len()), ((1..=3).map(entry).collect(), true, 57));
    assert_eq!(lane.wakes_at(), Some(at(60)));
    for late in [1, 59, 61] {
        let again = lane.clone().admit(all(), 3, at(late));
        assert_eq!(again, ((1..=3).map(entry).collect(), false), "after {late} s");
    }
    assert!(!lane.take(1, at(59)) && lane.take(1, at(60)));
    let sent: Vec<_> = lane.pending.iter().map(LaneEntry::token).collect();
    lane.settle(&sent, at(61), at(61));
    assert_eq!(lane.admit(all(), 3, at(62)), ((1..=3).map(entry).collect(), false), "sent already");
    let (passed, _) = lane.admit((61..=65).map(entry).collect(), 3, at(62));
    assert_eq!((passed.len(), lane.pending.len(), lane.wakes_at()), (3, 2, Some(at(122))), "the next minute");
}
