use std::fmt;

use model::error::ErrorAggregate;
use model::id::Fingerprint;
use search::Sort;
use store::ports::{ErrorCursor, PostingPosition};

/// A position in a list of errors: after an error with a value (`exact`), or a position of the walk (`place`). It has
/// both if the list was first read completely, and then grew so long that it is walked. It may also be a position of
/// the walk over the errors that no short list has (`is_of_the_rest`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    sort: Sort,
    exact: Option<(u64, Fingerprint)>,
    place: Option<WalkPosition>,
    is_of_the_rest: bool,
}

/// A position of the walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum WalkPosition {
    /// In the table's index, which is in the order of last seen.
    Seen(ErrorCursor),
    /// In a list of postings.
    Posted(PostingPosition),
}

/// The text in place of an error in a cursor that is after all errors of the short lists.
const REST: &str = "rest";

/// Why a text is not a cursor of the list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum BadCursor {
    #[error("`{0}` is not a cursor: use a `nextCursor` that the API returned")]
    Malformed(String),
    #[error("this cursor belongs to a list sorted by `{0}`: send `sort={0}`, or leave the cursor out to start again")]
    OtherSort(Sort),
}

impl Cursor {
    /// After `error` in a list that was read completely.
    pub(super) fn behind(sort: Sort, error: &ErrorAggregate) -> Self {
        Self { sort, exact: Some((sort.value(error), error.fingerprint)), ..Self::default() }
    }

    /// After all errors of the short lists: at the start of a walk over the others.
    pub(super) fn of_the_rest(sort: Sort) -> Self {
        Self { sort, is_of_the_rest: true, ..Self::default() }
    }

    /// At a position of the walk that began at this cursor.
    pub(super) fn at(&self, sort: Sort, place: WalkPosition) -> Self {
        Self { sort, place: Some(place), ..self.clone() }
    }

    pub(super) fn place(&self) -> Option<&WalkPosition> {
        self.place.as_ref()
    }

    /// The order at which a walk from here starts.
    pub(super) fn order(&self) -> Option<u32> {
        self.exact.map(|(value, _)| self.sort.order(value))
    }

    /// Whether only the walk can go on from here.
    pub(super) fn is_of_a_walk(&self) -> bool {
        self.place.is_some()
    }

    /// Whether the errors of the short lists were on previous pages.
    pub(super) fn is_of_the_rest(&self) -> bool {
        self.is_of_the_rest
    }

    /// Whether `error` comes after this cursor, by its value.
    pub(super) fn is_before(&self, sort: Sort, error: &ErrorAggregate) -> bool {
        let value = sort.value(error);
        self.exact.is_none_or(|(last, print)| value < last || (value == last && error.fingerprint > print))
    }

    /// Parses a cursor of a list in this order.
    pub(crate) fn parse(text: &str, sort: Sort) -> Result<Self, BadCursor> {
        let cursor = parse(text).ok_or_else(|| BadCursor::Malformed(text.chars().take(80).collect()))?;
        if cursor.sort == sort { Ok(cursor) } else { Err(BadCursor::OtherSort(cursor.sort)) }
    }
}

fn parse(text: &str) -> Option<Cursor> {
    let Some((sort, rest)) = text.split_once('.') else {
        // The form of cursors from before there were sort orders.
        let place = Some(WalkPosition::Seen(ErrorCursor::parse(text).ok()?));
        return Some(Cursor { place, ..Cursor::default() });
    };
    let sort = Sort::parse(sort).ok()?;
    let (exact, place) = rest.split_once('.')?;
    let behind = |text: &str| {
        let (value, fingerprint) = text.split_once('-')?;
        Some((value.parse().ok()?, Fingerprint::parse(fingerprint).ok()?))
    };
    let step = |text: &str| match sort {
        Sort::LastSeen => Some(WalkPosition::Seen(ErrorCursor::parse(text).ok()?)),
        _ => Some(WalkPosition::Posted(PostingPosition::parse(text).ok()?)),
    };
    let is_of_the_rest = exact == REST;
    let exact = if exact.is_empty() || is_of_the_rest { None } else { Some(behind(exact)?) };
    let place = if place.is_empty() { None } else { Some(step(place)?) };
    let is_any = exact.is_some() || place.is_some() || is_of_the_rest;
    is_any.then_some(Cursor { sort, exact, place, is_of_the_rest })
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (None, Some(WalkPosition::Seen(place)), false) = (self.exact, &self.place, self.is_of_the_rest) {
            return f.write_str(place.as_str());
        }
        write!(f, "{}.", self.sort)?;
        if let Some((value, fingerprint)) = self.exact {
            write!(f, "{value}-{fingerprint}")?;
        }
        f.write_str(if self.is_of_the_rest { REST } else { "" })?;
        f.write_str(".")?;
        match &self.place {
            Some(WalkPosition::Seen(place)) => f.write_str(place.as_str()),
            Some(WalkPosition::Posted(place)) => place.fmt(f),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let fingerprint = Fingerprint::of("m", ["a"]);
        let exact = format!("57-{fingerprint}");
        let slot = format!("02989296-{fingerprint}");
        for (sort, text) in [
            (Sort::LastSeen, slot.clone()),
            (Sort::LastSeen, format!("lastSeen.{exact}.")),
            (Sort::LastSeen, format!("lastSeen.{exact}.{slot}")),
            (Sort::Count, format!("count.{exact}.")),
            (Sort::Count, "count..12-1a2b3c4d-0-17".to_owned()),
            (Sort::FirstSeen, format!("firstSeen.{exact}.2989296-ff-3-0")),
            (Sort::Users, "users..0-1-0-249".to_owned()),
            (Sort::LastSeen, "lastSeen.rest.".to_owned()),
            (Sort::LastSeen, format!("lastSeen.rest.{slot}")),
            (Sort::Count, "count.rest.12-1a2b3c4d-0-17".to_owned()),
        ] {
            let cursor = Cursor::parse(&text, sort).unwrap();
            assert_eq!(cursor.to_string(), text);
        }
    }

    #[test]
    fn a_bad_cursor_is_refused_with_a_fix() {
        let check = |text: &str, sort: Sort, way_out: &str| {
            let error = Cursor::parse(text, sort).unwrap_err().to_string();
            assert!(error.contains(way_out), "{error}");
        };
        for bad in ["x", ".", "count..", "count.1.2", "sum.1-2.", "count..1-2-3", "count.-.", "count..1-2-3-4-5"] {
            check(bad, Sort::Count, "nextCursor");
        }
        check("count..12-1-0-0", Sort::Users, "sort=count");
        check(&format!("02989296-{}", Fingerprint::of("m", ["a"])), Sort::FirstSeen, "sort=lastSeen");
    }
}
