//! The tools, one file each.

mod add_comment;
mod get_error;
mod get_occurrence;
mod get_timeline;
mod list_occurrences;
mod list_projects;
mod listed;
mod search_errors;
mod update_error;
mod whats_new;
mod whoami;

use super::tool::Tool;

/// All tools, in the order in which they are listed.
pub(super) const ALL: [Tool; 10] = [
    get_error::TOOL,
    search_errors::TOOL,
    whats_new::TOOL,
    get_occurrence::TOOL,
    list_occurrences::TOOL,
    get_timeline::TOOL,
    list_projects::TOOL,
    whoami::TOOL,
    update_error::TOOL,
    add_comment::TOOL,
];
