//! What storage must do, whatever engine it runs on: here the embedded ones, in memory and in files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod configs;
mod error_commits;
mod errors;
mod event_index;
mod failures;
mod history;
mod inbox;
mod index;
mod keys;
mod merges;
mod occurrences;
mod outbox;
mod projects;
mod quotas;
mod releases;
mod sealer;
mod segments;

use embedded::Engines;
use model::time::Timestamp;
use server::system::Resources;

/// Runs a check of the suite on each engine; each time everything is empty.
macro_rules! on_every_engine {
    ($($(#[$doc:meta])* $name:ident: $check:path;)*) => {$(
        mod $name {
            $(#[$doc])*
            #[tokio::test(flavor = "multi_thread")]
            async fn in_memory() {
                $check(&super::in_memory().await).await;
            }

            $(#[$doc])*
            #[tokio::test(flavor = "multi_thread")]
            async fn in_files() {
                let dir = tempfile::tempdir().unwrap();
                $check(&super::in_files(dir.path()).await).await;
            }
        }
    )*};
}

on_every_engine! {
    a_key_is_found_listed_and_removed: crate::keys::found_listed_and_removed;
    a_key_changes_in_what_is_said: crate::keys::changed;
    the_first_use_of_a_day_is_kept: crate::keys::use_noted;
    a_rotated_key_expires: crate::keys::rotated;
    a_key_is_made_by_good_keys_only: crate::keys::made_by_good_keys_only;
    a_project_gets_a_number_of_its_own: crate::projects::numbers_of_their_own;
    projects_of_one_name_are_one: crate::projects::one_of_a_name;
    a_setting_is_changed_alone: crate::projects::settings;
    a_limit_is_found_by_number_and_name: crate::quotas::found;
    usage_counts_the_month_and_its_newest_minute: crate::quotas::counted;
    a_mark_holds_until_it_is_over_or_the_limit_changes: crate::quotas::marked;
    a_release_is_noted_from_when_to_when: crate::releases::noted;
    releases_are_listed_by_their_first_seen: crate::releases::listed;
    what_all_errors_had_is_counted: crate::releases::counted_whole;
    a_commit_is_whole: crate::error_commits::whole;
    a_commit_on_an_old_version_changes_nothing: crate::error_commits::conflicts;
    a_hash_belongs_to_one_error: crate::error_commits::aliases;
    one_commit_that_fails_leaves_the_others: crate::error_commits::neighbours;
    counted_events_are_found_by_their_minute: crate::error_commits::counted_by_minute;
    errors_are_read_by_the_hundred: crate::errors::many;
    errors_are_listed_by_time_and_status: crate::errors::listed;
    a_muted_error_is_muted_until_its_end: crate::errors::muted;
    what_people_set_of_an_error_is_changed: crate::errors::changed;
    a_history_tells_of_what_was_done: crate::history::whole;
    a_comment_is_kept_until_it_is_deleted: crate::history::commented;
    an_error_to_purge_is_remembered_until_forgotten: crate::errors::pending_purges;
    merged_errors_are_written_together: crate::merges::rewritten;
    a_part_is_committed_with_the_whole: crate::merges::committed_with_the_whole;
    what_is_merged_is_read_through_the_whole: crate::merges::read_through;
    a_part_is_kept_as_long_as_the_whole: crate::merges::kept;
    with_an_error_goes_what_is_merged_into_it: crate::merges::pending_purges;
    references_page_newest_first: crate::occurrences::newest_first;
    a_timeline_is_read_by_the_hour: crate::occurrences::by_the_hour;
    an_event_is_found_by_itself: crate::event_index::by_itself;
    an_event_is_found_in_blocks: crate::event_index::in_blocks;
    a_lane_is_written_by_one: crate::outbox::written_by_one;
    what_is_due_is_found: crate::outbox::due;
    an_error_keeps_its_links: crate::outbox::links;
    a_dead_letter_is_lent_to_one: crate::outbox::undelivered;
    postings_are_listed_by_order_and_page: crate::index::listed;
    why_a_message_failed_is_found: crate::failures::noted;
    a_segment_is_written_read_and_replaced: crate::segments::written_read_and_replaced;
    a_project_s_segments_are_removed: crate::segments::removed;
    a_claim_is_found_by_its_key: crate::segments::claims;
    rules_are_replaced_as_they_were_read: crate::configs::rules;
    posted_configs_are_kept_until_they_expire: crate::configs::posted;
    what_is_sealed_opens_for_its_project: crate::sealer::bound_to_a_project;
    what_v1_documents_opens: crate::sealer::foreign;
    concurrent_sends_all_arrive_once: crate::inbox::concurrent_sends;
}

async fn in_memory() -> Resources {
    Resources::make(&Engines::memory().unwrap()).await.unwrap()
}

async fn in_files(dir: &std::path::Path) -> Resources {
    Resources::make(&Engines::open(dir).unwrap()).await.unwrap()
}

/// A moment, in seconds after a fixed one.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_577_600 + seconds)
}
