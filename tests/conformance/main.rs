//! Conformance suite for storage: what it must do on every engine. Here it runs on the embedded engines, in memory and
//! in files.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on panics")]

mod announced_releases;
mod attachments;
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
mod source_maps;
mod users;

use embedded::Engines;
use model::time::Timestamp;
use server::system::Resources;

/// Runs each check of the suite on each engine, which is empty at the start.
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
    a_key_changes_only_as_requested: crate::keys::changed;
    the_first_use_of_a_day_is_kept: crate::keys::use_noted;
    a_rotated_key_expires: crate::keys::rotated;
    only_valid_keys_create_keys: crate::keys::made_by_good_keys_only;
    a_user_is_found_listed_and_removed: crate::users::found_listed_and_removed;
    a_user_is_replaced_as_it_was_read: crate::users::replaced_once;
    a_token_belongs_to_its_user: crate::users::tokens;
    an_invitation_is_used_up: crate::users::invitations;
    only_valid_users_create_keys_and_invitations: crate::users::made_by_valid_users_only;
    a_session_is_of_a_key_or_a_user: crate::users::sessions;
    each_project_gets_its_own_number: crate::projects::numbers_of_their_own;
    a_name_belongs_to_one_project: crate::projects::one_of_a_name;
    a_setting_is_changed_alone: crate::projects::settings;
    a_limit_is_found_by_number_and_name: crate::quotas::found;
    a_new_project_has_the_first_limits: crate::quotas::first;
    usage_counts_the_month_and_its_newest_minute: crate::quotas::counted;
    a_mark_holds_until_it_is_over_or_the_limit_changes: crate::quotas::marked;
    a_release_has_a_first_and_a_last_occurrence: crate::releases::noted;
    releases_are_listed_by_their_first_seen: crate::releases::listed;
    totals_of_projects_and_the_stack_are_counted: crate::releases::counted_whole;
    a_commit_writes_error_references_and_timeline: crate::error_commits::whole;
    a_commit_on_an_old_version_changes_nothing: crate::error_commits::conflicts;
    a_hash_belongs_to_one_error: crate::error_commits::aliases;
    a_failed_commit_does_not_affect_others: crate::error_commits::neighbours;
    counted_events_are_found_by_their_minute: crate::error_commits::counted_by_minute;
    more_errors_than_one_call_returns_are_read: crate::errors::many;
    errors_are_listed_by_time_and_status: crate::errors::listed;
    a_muted_error_is_muted_until_its_end: crate::errors::muted;
    status_and_assignee_are_changed: crate::errors::changed;
    a_history_entry_is_written_with_its_change: crate::history::whole;
    a_comment_is_kept_until_it_is_deleted: crate::history::commented;
    a_pending_purge_is_remembered_until_it_is_done: crate::errors::pending_purges;
    merged_errors_are_written_together: crate::merges::rewritten;
    a_merged_error_is_committed_with_its_target: crate::merges::committed_with_the_whole;
    merged_errors_are_read_through_their_target: crate::merges::read_through;
    a_merged_error_is_kept_as_long_as_its_target: crate::merges::kept;
    purging_a_target_purges_its_merged_errors: crate::merges::pending_purges;
    references_page_newest_first: crate::occurrences::newest_first;
    a_timeline_is_read_by_the_hour: crate::occurrences::by_the_hour;
    an_event_is_found_by_its_own_entry: crate::event_index::by_itself;
    an_event_is_found_in_blocks: crate::event_index::in_blocks;
    a_lane_is_written_by_one_sender: crate::outbox::written_by_one;
    due_lanes_are_found: crate::outbox::due;
    an_error_keeps_its_links: crate::outbox::links;
    a_dead_letter_is_received_by_one_reader: crate::outbox::undelivered;
    postings_are_listed_by_order_and_page: crate::index::listed;
    errors_are_found_by_their_terms_at_each_size_of_the_tree: crate::index::found;
    the_recorded_failure_of_a_message_is_found: crate::failures::noted;
    a_segment_is_written_read_and_replaced: crate::segments::written_read_and_replaced;
    all_segments_of_a_project_are_removed: crate::segments::removed;
    an_announced_release_is_changed_by_one_at_a_time: crate::announced_releases::changed_and_listed;
    attachments_are_removed_with_their_event_or_project: crate::attachments::kept_and_removed;
    a_claim_check_is_found_by_its_key: crate::segments::claims;
    the_last_upload_of_a_source_map_wins: crate::source_maps::uploaded;
    chunks_and_maps_are_objects_of_their_project: crate::source_maps::stored;
    rules_are_replaced_if_they_are_unchanged: crate::configs::rules;
    posted_configs_are_kept_until_they_expire: crate::configs::posted;
    sealed_text_opens_for_its_project_only: crate::sealer::bound_to_a_project;
    text_encrypted_as_v1_documents_opens: crate::sealer::foreign;
    concurrent_sends_all_arrive_once: crate::inbox::concurrent_sends;
}

async fn in_memory() -> Resources {
    Resources::make(&Engines::memory().unwrap()).await.unwrap()
}

async fn in_files(dir: &std::path::Path) -> Resources {
    Resources::make(&Engines::open(dir).unwrap()).await.unwrap()
}

/// A time, in seconds after a fixed one.
fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_793_577_600 + seconds)
}
