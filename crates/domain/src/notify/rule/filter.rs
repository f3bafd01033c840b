use super::glob::Glob;
use crate::error::ErrorAggregate;
use crate::occurrence::Level;

/// What a commit must have brought for a rule to be about it. A list that is empty asks for nothing; of the others any
/// entry must be there, in any of the commit's occurrences.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(in crate::notify) struct Filter {
    pub(super) environments: Vec<String>,
    pub(super) levels: Vec<Level>,
    pub(super) releases: Vec<Glob>,
    pub(super) title: Option<Glob>,
}

impl Filter {
    pub(super) fn matches(&self, error: &ErrorAggregate) -> bool {
        let seen = &error.seen;
        any(&self.environments, &seen.environments, |wanted, text| wanted == text)
            && any(&self.levels, &seen.levels, |wanted, level| wanted == level)
            && any(&self.releases, &seen.releases, |wanted, text| wanted.matches(text))
            && self.title.as_ref().is_none_or(|title| {
                title.matches(&error.message) || title.matches(&format!("{}: {}", error.kind, error.message))
            })
    }
}

fn any<W, S>(wanted: &[W], seen: &[S], matches: impl Fn(&W, &S) -> bool) -> bool {
    wanted.is_empty() || seen.iter().any(|seen| wanted.iter().any(|wanted| matches(wanted, seen)))
}
