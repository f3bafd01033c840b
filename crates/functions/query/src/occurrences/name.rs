use model::id::OccurrenceId;
use model::outcome::{Reason, Refusal};

use super::step::End;

/// The name of an occurrence in a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum OccurrenceName {
    Id(OccurrenceId),
    End(End),
    /// The one that shows the error best.
    Best,
}

impl OccurrenceName {
    /// Parses `first` (the oldest), `last` (the newest), `best`, or an id.
    pub(crate) fn parse(text: &str) -> Result<Self, Refusal> {
        match text {
            "first" => Ok(Self::End(End::First)),
            "last" => Ok(Self::End(End::Last)),
            "best" => Ok(Self::Best),
            id => OccurrenceId::parse(id).map(Self::Id).map_err(|error| {
                Refusal::new(Reason::OccurrenceUnknown, format!("{error}, or use `first`, `last` or `best`"))
            }),
        }
    }
}
