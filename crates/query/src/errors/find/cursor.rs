use std::fmt;

use domain::error::ErrorAggregate;
use domain::id::Fingerprint;
use domain::search::Sort;
use store::ports::{ErrorCursor, Place};

/// A place in a list of errors: behind an error of this value, or a place of the walk, or both, where a list was read
/// whole and grew so long that it is walked by now.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Cursor {
    sort: Sort,
    exact: Option<(u64, Fingerprint)>,
    place: Option<Step>,
}

/// A place of the walk.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Step {
    /// In the table's index, which is in the order of last seen.
    Seen(ErrorCursor),
    /// In a list of postings.
    Posted(Place),
}

/// Why a text is no cursor of the list.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
pub(crate) enum BadCursor {
    #[error("`{0}` is not a cursor: take one from a `nextCursor` that the API gave")]
    Malformed(String),
    #[error(
        "this cursor is of a list that is sorted by `{0}`: ask with `sort={0}`, or leave the cursor out to begin anew"
    )]
    OtherSort(Sort),
}

impl Cursor {
    /// Behind `error` in a list that was read whole.
    pub(super) fn behind(sort: Sort, error: &ErrorAggregate) -> Self {
        Self { sort, exact: Some((sort.value(error), error.fingerprint)), place: None }
    }

    /// At a place of the walk that began at this cursor.
    pub(super) fn at(&self, sort: Sort, place: Step) -> Self {
        Self { sort, exact: self.exact, place: Some(place) }
    }

    pub(super) fn place(&self) -> Option<&Step> {
        self.place.as_ref()
    }

    /// Where a walk would have to begin: with all of this order.
    pub(super) fn order(&self) -> Option<u32> {
        self.exact.map(|(value, _)| self.sort.order(value))
    }

    /// Whether only the walk can go on from here.
    pub(super) fn is_of_a_walk(&self) -> bool {
        self.place.is_some()
    }

    /// Whether `error` comes behind it, as far as values say.
    pub(super) fn is_before(&self, sort: Sort, error: &ErrorAggregate) -> bool {
        let value = sort.value(error);
        self.exact.is_none_or(|(last, print)| value < last || (value == last && error.fingerprint > print))
    }

    /// From the text form, for a list in this order.
    pub(crate) fn parse(text: &str, sort: Sort) -> Result<Self, BadCursor> {
        let cursor = parse(text).ok_or_else(|| BadCursor::Malformed(text.chars().take(80).collect()))?;
        if cursor.sort == sort { Ok(cursor) } else { Err(BadCursor::OtherSort(cursor.sort)) }
    }
}

fn parse(text: &str) -> Option<Cursor> {
    let Some((sort, rest)) = text.split_once('.') else {
        // As it was before there were orders.
        let place = Some(Step::Seen(ErrorCursor::parse(text).ok()?));
        return Some(Cursor { place, ..Cursor::default() });
    };
    let sort = Sort::parse(sort).ok()?;
    let (exact, place) = rest.split_once('.')?;
    let behind = |text: &str| {
        let (value, fingerprint) = text.split_once('-')?;
        Some((value.parse().ok()?, Fingerprint::parse(fingerprint).ok()?))
    };
    let step = |text: &str| match sort {
        Sort::LastSeen => Some(Step::Seen(ErrorCursor::parse(text).ok()?)),
        _ => Some(Step::Posted(Place::parse(text).ok()?)),
    };
    let exact = if exact.is_empty() { None } else { Some(behind(exact)?) };
    let place = if place.is_empty() { None } else { Some(step(place)?) };
    (exact.is_some() || place.is_some()).then_some(Cursor { sort, exact, place })
}

impl fmt::Display for Cursor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let (None, Some(Step::Seen(place))) = (self.exact, &self.place) {
            return f.write_str(place.as_str());
        }
        write!(f, "{}.", self.sort)?;
        if let Some((value, fingerprint)) = self.exact {
            write!(f, "{value}-{fingerprint}")?;
        }
        f.write_str(".")?;
        match &self.place {
            Some(Step::Seen(place)) => f.write_str(place.as_str()),
            Some(Step::Posted(place)) => place.fmt(f),
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
        ] {
            let cursor = Cursor::parse(&text, sort).unwrap();
            assert_eq!(cursor.to_string(), text);
        }
    }

    #[test]
    fn what_is_no_cursor_of_the_list_is_refused_with_the_way_out() {
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
