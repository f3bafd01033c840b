//! Prefixes of objects that are kept as long as their project says.
//!
//! No prefix of a retention begins with another one, because if two lifecycle rules of the bucket matched an object, the
//! shorter retention would apply.

use super::ProjectId;
use crate::project::Retention;

/// The stack's default, and every retention that a project can set.
pub(super) fn classes() -> impl Iterator<Item = Option<Retention>> {
    [None].into_iter().chain(Retention::ALL.map(Some))
}

/// The prefix of all objects under `root` that are kept for the same time, in any project.
pub(super) fn prefix(root: &str, retention: Option<Retention>) -> String {
    match retention {
        Some(retention) => format!("{root}retention={retention}/"),
        None => format!("{root}project="),
    }
}

/// The prefix of the objects of one project.
pub(super) fn project_prefix(root: &str, project: ProjectId, retention: Option<Retention>) -> String {
    match retention {
        Some(_) => format!("{}project={project}/", prefix(root, retention)),
        None => format!("{}{project}/", prefix(root, None)),
    }
}
