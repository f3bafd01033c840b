use std::cmp::Ordering;

use super::{ErrorAggregate, Sighting};
use crate::release::compare;
use crate::time::Timestamp;

/// Resolved in the next release: only an occurrence in a release newer than `after` reopens the error. Older releases
/// are still in use, and their occurrences are expected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resolution {
    /// The newest release that was known when the error was resolved, at most 200 bytes.
    pub after: String,
}

impl Resolution {
    /// Creates the resolution of `error` in the next release. `others` are other releases of its project. Returns
    /// `None` if no release is known.
    pub fn after_all<'a>(error: &'a ErrorAggregate, others: impl IntoIterator<Item = &'a str>) -> Option<Self> {
        let own = [&error.last_release, &error.first_release].into_iter().flatten().map(String::as_str);
        let newest = own.chain(others).reduce(|newest, other| match compare(other, newest) {
            Some(Ordering::Greater) => other,
            _ => newest,
        })?;
        Some(Self { after: newest.to_owned() })
    }

    /// Whether an occurrence shows that the error, which was resolved at `resolved_at`, is not fixed: its release is
    /// newer by name or, if the names have no order, was first seen in the project after that moment.
    pub(super) fn is_ended_by(&self, sighting: &Sighting, resolved_at: Timestamp) -> bool {
        let Some(release) = &sighting.release else { return false };
        match compare(release, &self.after) {
            Some(order) => order == Ordering::Greater,
            // Nothing is known of the release before that moment.
            None => sighting.release_since.is_none_or(|first_seen| first_seen > resolved_at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{at, new};
    use super::*;

    /// Checks whether an occurrence ends a resolution that was set at second 100, after the release `after`. The
    /// project first saw the occurrence's release `first_seen` seconds after 1970.
    #[track_caller]
    fn check(after: &str, release: Option<&str>, first_seen: Option<i64>, ends: bool) {
        let mut sighting = at(101, "");
        sighting.release = release.map(str::to_owned);
        sighting.release_since = first_seen.map(Timestamp::from_seconds);
        let resolution = Resolution { after: after.to_owned() };
        assert_eq!(resolution.is_ended_by(&sighting, Timestamp::from_seconds(100)), ends, "{after} {sighting:?}");
    }

    #[test]
    fn only_a_newer_release_ends_it() {
        // By name, whenever they were first seen: a hotfix of an older version comes later, but is older.
        check("shop@1.2.3", Some("shop@1.2.4"), Some(5), true);
        check("shop@1.2.3", Some("shop@1.2.3"), Some(101), false);
        check("shop@1.2.3", Some("shop@1.1.9"), Some(101), false);
        check("shop@1.2.3", Some("shop@1.2.3-rc.1"), Some(101), false);
        check("shop@1.2.3+57", Some("shop@1.2.3+58"), None, true);
        // Commits, and other packages: by the time when they were first seen.
        check("9f3c2a1", Some("a01b2c3"), Some(101), true);
        check("9f3c2a1", Some("a01b2c3"), Some(100), false);
        check("9f3c2a1", Some("a01b2c3"), None, true);
        check("9f3c2a1", Some("9f3c2a1"), Some(101), false);
        check("shop@1.2.3", Some("cart@0.0.1"), Some(99), false);
        check("shop@1.2.3", Some("cart@0.0.1"), Some(101), true);
        check("1.2.3", None, None, false);
    }

    #[test]
    fn it_is_after_the_newest_that_is_known() {
        #[track_caller]
        fn check(first: Option<&str>, last: Option<&str>, others: &[&str], expected: Option<&str>) {
            let mut error = new();
            (error.first_release, error.last_release) = (first.map(str::to_owned), last.map(str::to_owned));
            let after = Resolution::after_all(&error, others.iter().copied()).map(|resolution| resolution.after);
            assert_eq!(after.as_deref(), expected);
        }
        check(Some("1.0.0"), Some("1.2.0"), &[], Some("1.2.0"));
        check(Some("1.2.0"), Some("1.0.0"), &[], Some("1.2.0"));
        check(Some("1.0.0"), Some("1.2.0"), &["1.10.0", "1.9.0", "cart@7.0.0"], Some("1.10.0"));
        check(Some("9f3c2a1"), Some("a01b2c3"), &["1.2.3"], Some("a01b2c3"));
        check(None, None, &["1.2.3", "1.2.4"], Some("1.2.4"));
        check(None, None, &[], None);
    }
}
