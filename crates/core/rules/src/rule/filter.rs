use super::glob::Glob;
use model::error::{ErrorAggregate, Origin};
use model::occurrence::Level;

/// The occurrences that a rule is about. An empty list matches everything. Otherwise one of the list's entries must
/// match; all lists must match the same occurrence. What [`Exclusions`] match is left out.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Filter {
    pub(super) environments: Vec<String>,
    pub(super) levels: Vec<Level>,
    pub(super) releases: Vec<Glob>,
    pub(super) title: Option<Glob>,
    pub(super) except: Exclusions,
}

/// The occurrences that a rule is not about: those that match any entry of any list.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Exclusions {
    pub(super) environments: Vec<String>,
    pub(super) levels: Vec<Level>,
    pub(super) releases: Vec<Glob>,
    pub(super) titles: Vec<Glob>,
}

impl Filter {
    /// The key of the exclusions that leave nothing of the filter, if any do.
    pub(super) fn emptied_by(&self) -> Option<&'static str> {
        const ALL: [Level; 5] = [Level::Fatal, Level::Error, Level::Warning, Level::Info, Level::Debug];
        let levels = if self.levels.is_empty() { &ALL[..] } else { &self.levels };
        let are_excluded = |names: &[String]| names.iter().all(|name| self.except.environments.contains(name));
        if !self.environments.is_empty() && are_excluded(&self.environments) {
            return Some("environments");
        }
        levels.iter().all(|level| self.except.levels.contains(level)).then_some("levels")
    }

    /// Whether the rule is about errors with this error's title.
    pub(super) fn matches_title(&self, error: &ErrorAggregate) -> bool {
        let whole = format!("{}: {}", error.kind, error.message);
        let has = |title: &Glob| title.matches(&error.message) || title.matches(&whole);
        self.title.as_ref().is_none_or(has) && !self.except.titles.iter().any(has)
    }

    /// Whether the rule is about an occurrence with one of these origins.
    pub(super) fn matches_any(&self, origins: &[Origin]) -> bool {
        origins.iter().any(|origin| self.matches(origin))
    }

    fn matches(&self, origin: &Origin) -> bool {
        let environment = origin.environment.as_ref();
        let release = origin.release.as_deref();
        let is_any = |globs: &[Glob]| release.is_some_and(|text| globs.iter().any(|wanted| wanted.matches(text)));
        (self.environments.is_empty() || environment.is_some_and(|text| self.environments.contains(text)))
            && (self.levels.is_empty() || self.levels.contains(&origin.level))
            && (self.releases.is_empty() || is_any(&self.releases))
            && !environment.is_some_and(|text| self.except.environments.contains(text))
            && !self.except.levels.contains(&origin.level)
            && !is_any(&self.except.releases)
    }
}
