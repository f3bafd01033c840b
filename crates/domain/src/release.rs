//! Which of two releases is the newer, as far as their names tell.

use std::cmp::Ordering;

/// A release's name as a version: `shop@1.2.3-rc.1+57`, where the package, what comes before a release and the build may
/// be missing. Two to four numbers, the missing ones being 0, so that versions by the calendar have an order too.
#[derive(Debug)]
struct Version<'a> {
    package: Option<&'a str>,
    numbers: [u64; 4],
    before_release: Option<&'a str>,
    build: Option<&'a str>,
}

/// How `a` stands to `b` by their names: by semantic versioning, and by the number of the build where that is all that
/// differs, as Sentry has it. `None` if a name is no version (a commit, say), or they are of different packages.
pub fn compare(a: &str, b: &str) -> Option<Ordering> {
    if a == b {
        return Some(Ordering::Equal);
    }
    let (a, b) = (Version::parse(a)?, Version::parse(b)?);
    if a.package != b.package {
        return None;
    }
    let order = a.numbers.cmp(&b.numbers).then_with(|| match (a.before_release, b.before_release) {
        (None, None) => Ordering::Equal,
        (None, Some(_)) => Ordering::Greater,
        (Some(_), None) => Ordering::Less,
        (Some(a), Some(b)) => a.split('.').map(Identifier::of).cmp(b.split('.').map(Identifier::of)),
    });
    match (order, a.build, b.build) {
        (Ordering::Equal, None, None) => Some(Ordering::Equal),
        (Ordering::Equal, a, b) => Some(a?.parse::<u64>().ok()?.cmp(&b?.parse().ok()?)),
        (order, ..) => Some(order),
    }
}

/// A part of what comes before a release: numbers stand before words.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Identifier<'a> {
    Number(u64),
    Word(&'a str),
}

impl<'a> Identifier<'a> {
    fn of(text: &'a str) -> Self {
        text.parse().map_or(Self::Word(text), Self::Number)
    }
}

impl<'a> Version<'a> {
    fn parse(release: &'a str) -> Option<Self> {
        let (package, version) = match release.rsplit_once('@') {
            Some((package, version)) => (Some(package), version),
            None => (None, release),
        };
        let version = version.strip_prefix('v').unwrap_or(version);
        let (version, build) = optional(version, '+');
        let (version, before_release) = optional(version, '-');
        let (mut numbers, mut given) = ([0; 4], 0);
        for number in version.split('.') {
            let is_number = !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit());
            *numbers.get_mut(given)? = is_number.then(|| number.parse().ok())??;
            given += 1;
        }
        // One number alone may be anything: a build, a day, the beginning of a commit.
        (given >= 2).then_some(Self { package, numbers, before_release, build })
    }
}

/// `text` up to `mark`, and what follows it, if it is there.
fn optional(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(text, rest)| (text, Some(rest)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn releases_are_ordered_where_their_names_have_an_order() {
        #[track_caller]
        fn check(a: &str, expected: Option<Ordering>, b: &str) {
            assert_eq!(compare(a, b), expected, "{a} {b}");
            assert_eq!(compare(b, a), expected.map(Ordering::reverse), "{b} {a}");
        }
        let (less, equal) = (Some(Ordering::Less), Some(Ordering::Equal));
        check("1.2.3", equal, "1.2.3");
        check("1.2.3", equal, "v1.2.3");
        check("1.2", equal, "1.2.0");
        check("1.2.9", less, "1.2.10");
        check("1.9.0", less, "2.0.0");
        check("1.2.3.4", less, "1.2.3.5");
        check("2026.01.31", less, "2026.11.02");
        check("shop@1.2.3", less, "shop@1.3.0");
        check("@scope/shop@1.2.3", less, "@scope/shop@1.3.0");
        // The order of semver.org's own example.
        let example = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"];
        let example: Vec<_> = example.into_iter().chain(["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"]).collect();
        for pair in example.windows(2) {
            check(pair[0], less, pair[1]);
        }
        check("1.2.3+9", less, "1.2.3+10");
        check("1.2.3+99", less, "1.2.4+1");
        // A commit, of another package, a build without an order: the names do not say.
        check("1.2.3+9", None, "1.2.3");
        check("1.2.3+9f3c", None, "1.2.3+a01b");
        check("shop@1.2.3", None, "cart@1.3.0");
        check("shop@1.2.3", None, "1.3.0");
        check("9f3c2a1", None, "1.2.3");
        check("20261102", None, "20261103");
        check("1.2.3.4.5", None, "1.2.3.4.6");
        check("1..2", None, "1.2.3");
        check("99999999999999999999.0", None, "1.0");
        check("", None, "1.0");
        check("9f3c2a1", equal, "9f3c2a1");
    }
}
