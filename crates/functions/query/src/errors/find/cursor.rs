use http_common::cursor;
use model::error::ErrorAggregate;
use model::id::Fingerprint;
use search::Sort;
use serde::{Deserialize, Serialize};
use store::ports::{ErrorCursor, PostingPosition};

/// A position in a list of errors: after an error with a value (`exact`), or a position of the walk (`place`). It has
/// both if the list was first read completely, and then grew so long that it is walked. It may also be a position of
/// the walk over the errors that no short list has (`is_of_the_rest`).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Cursor {
    sort: Sort,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    exact: Option<(u64, Fingerprint)>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    place: Option<WalkPosition>,
    /// Whether all errors of the short lists came before.
    #[serde(default, rename = "rest", skip_serializing_if = "std::ops::Not::not")]
    is_of_the_rest: bool,
}

/// A position of the walk.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum WalkPosition {
    /// In the table's index, which is in the order of last seen.
    Seen(ErrorCursor),
    /// In a list of postings.
    Posted(PostingPosition),
}

/// Why a text is not a cursor of the list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum BadCursor {
    #[error("`{0}` is not a cursor: use the `nextCursor` of an earlier answer")]
    Malformed(String),
    #[error("this cursor belongs to a list sorted by `{0}`: send `sort={0}`, or leave the cursor out to start again")]
    OtherSort(Sort),
}

impl Cursor {
    /// The longest text of a cursor, in bytes.
    pub(crate) const MAX_BYTES: usize = 300;

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
        let cursor: Option<Self> = cursor::decode(text);
        let cursor =
            cursor.filter(Self::is_whole).ok_or_else(|| BadCursor::Malformed(text.chars().take(80).collect()))?;
        if cursor.sort == sort { Ok(cursor) } else { Err(BadCursor::OtherSort(cursor.sort)) }
    }

    /// The text that clients send back as `cursor`.
    pub(crate) fn encode(&self) -> String {
        cursor::encode(self)
    }

    /// Whether it is a position at all, and one of the walk that belongs to its order.
    fn is_whole(&self) -> bool {
        match &self.place {
            Some(WalkPosition::Seen(_)) => self.sort == Sort::LastSeen,
            Some(WalkPosition::Posted(_)) => self.sort != Sort::LastSeen,
            None => self.exact.is_some() || self.is_of_the_rest,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen() -> WalkPosition {
        WalkPosition::Seen(ErrorCursor::above(2_989_295))
    }

    fn posted() -> WalkPosition {
        WalkPosition::Posted(PostingPosition::above(12))
    }

    #[test]
    fn a_cursor_is_read_as_it_was_written() {
        let exact = Some((u64::MAX, Fingerprint::of("m", ["a"])));
        for (sort, place) in [(Sort::LastSeen, seen()), (Sort::Count, posted()), (Sort::Users, posted())] {
            for (exact, place, is_of_the_rest) in [
                (exact, None, false),
                (None, Some(place.clone()), false),
                (exact, Some(place.clone()), false),
                (None, None, true),
                (None, Some(place.clone()), true),
            ] {
                let cursor = Cursor { sort, exact, place, is_of_the_rest };
                let text = cursor.encode();
                assert_eq!(Cursor::parse(&text, sort), Ok(cursor));
                assert!(text.len() <= Cursor::MAX_BYTES, "{} bytes: {text}", text.len());
            }
        }
    }

    #[test]
    fn a_bad_cursor_is_refused_with_a_fix() {
        let check = |text: &str, sort: Sort, way_out: &str| {
            let error = Cursor::parse(text, sort).unwrap_err().to_string();
            assert!(error.contains(way_out), "{error}");
        };
        let of = |sort, place| Cursor { sort, place: Some(place), ..Cursor::default() }.encode();
        for bad in ["x", "1", "1e30", &Cursor::default().encode(), &of(Sort::Count, seen())] {
            check(bad, Sort::Count, "nextCursor");
        }
        check(&of(Sort::LastSeen, posted()), Sort::LastSeen, "nextCursor");
        check(&of(Sort::Count, posted()), Sort::Users, "sort=count");
        check(&of(Sort::LastSeen, seen()), Sort::FirstSeen, "sort=lastSeen");
    }
}
