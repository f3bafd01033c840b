//! The order of releases, as far as it follows from their names.
//!
//! Versions of the same package are in order:
//!
//! - `shop@1.2.3`, `shop@v1.2.3` and `1.2.3` are versions: of the package `shop`, or of no package. They have up to
//!   four numbers of any length; missing numbers are 0. Days are versions too (`2026-11-02`, `2026.11.02`, `20261102`),
//!   with or without a number after them (`2026-11-02.3`).
//! - `1.2.3-rc.1` comes before `1.2.3`, as in semantic versioning: compared part by part, numbers before words.
//! - `1.2.3+57` comes after `1.2.3`, and `+57.8` after `+57.6`, compared part by part. Builds that first differ in a
//!   word (usually commits) have no order.
//!
//! All other names have no order: commits, plain names, and versions of different packages.

use std::cmp::Ordering;

/// A release's name as a version: `shop@1.2.3-rc.1+57`. The package, the pre-release and the build are optional.
#[derive(Debug)]
struct Version<'a> {
    package: Option<&'a str>,
    numbers: [Number<'a>; 4],
    before_release: Option<&'a str>,
    build: Option<&'a str>,
}

/// Compares two releases by their names. Returns `None` if the names have no order.
///
/// This is an order: if `a` is before `b` and `b` is before `c`, then `a` is before `c`. Two different names can be
/// equal (`1.2` and `v1.2.0`).
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
        (Some(a), Some(b)) => parts(a).cmp(parts(b)),
    });
    match (order, a.build, b.build) {
        (Ordering::Equal, None, None) => Some(Ordering::Equal),
        (Ordering::Equal, None, Some(_)) => Some(Ordering::Less),
        (Ordering::Equal, Some(_), None) => Some(Ordering::Greater),
        (Ordering::Equal, Some(a), Some(b)) => compare_builds(a, b),
        (order, ..) => Some(order),
    }
}

fn compare_builds(a: &str, b: &str) -> Option<Ordering> {
    let (mut a, mut b) = (parts(a), parts(b));
    loop {
        match (a.next(), b.next()) {
            (None, None) => return Some(Ordering::Equal),
            (None, Some(_)) => return Some(Ordering::Less),
            (Some(_), None) => return Some(Ordering::Greater),
            (Some(a), Some(b)) if a == b => {}
            (Some(VersionPart::Number(a)), Some(VersionPart::Number(b))) => return Some(a.cmp(&b)),
            _ => return None,
        }
    }
}

/// The parts of a pre-release or a build, which are separated by dots.
fn parts(text: &str) -> impl Iterator<Item = VersionPart<'_>> {
    text.split('.').map(|part| Number::parse(part).map_or(VersionPart::Word(part), VersionPart::Number))
}

#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
enum VersionPart<'a> {
    Number(Number<'a>),
    Word(&'a str),
}

/// A number of any length, as the number of its digits and the digits, without leading zeros. So it compares correctly.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Number<'a>(usize, &'a str);

impl<'a> Number<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let digits = text.trim_start_matches('0');
        is_number.then_some(Self(digits.len(), digits))
    }
}

impl<'a> Version<'a> {
    fn parse(release: &'a str) -> Option<Self> {
        let (package, version) = match release.rsplit_once('@') {
            Some((package, version)) => (Some(package), version),
            None => (None, release),
        };
        let version = version.strip_prefix(['v', 'V']).unwrap_or(version);
        let (version, build) = optional(version, '+');
        if let Some((day, number)) = day(version) {
            let [year, month, day] = day;
            return Some(Self { package, numbers: [year, month, day, number], before_release: None, build });
        }
        let (version, before_release) = optional(version, '-');
        let (mut numbers, mut given) = ([Number::default(); 4], 0);
        for number in version.split('.') {
            *numbers.get_mut(given)? = Number::parse(number)?;
            given += 1;
        }
        // A single number can be anything: a build, or the beginning of a commit hash.
        (given >= 2).then_some(Self { package, numbers, before_release, build })
    }
}

/// Parses `2026-11-02` or `20261102`, with an optional number after a dot or a dash.
fn day(version: &str) -> Option<([Number<'_>; 3], Number<'_>)> {
    let [year, month, day, rest] = match version.get(4..5)? {
        "-" => {
            let is_dashed = version.get(7..8)? == "-";
            [version.get(..4)?, version.get(5..7)?, version.get(8..10).filter(|_| is_dashed)?, version.get(10..)?]
        }
        _ => [version.get(..4)?, version.get(4..6)?, version.get(6..8)?, version.get(8..)?],
    };
    let number = match rest {
        "" => Number::default(),
        rest => Number::parse(rest.strip_prefix(['.', '-'])?)?,
    };
    let parsed = [Number::parse(year)?, Number::parse(month)?, Number::parse(day)?];
    // So that eight digits at the beginning of a commit hash are hardly ever taken for a day.
    let is_day = ("1990".."2100").contains(&year) && ("01".."13").contains(&month) && ("01".."32").contains(&day);
    is_day.then_some((parsed, number))
}

/// Splits `text` at `mark`. The second part is `None` if there is no `mark`.
fn optional(text: &str, mark: char) -> (&str, Option<&str>) {
    text.split_once(mark).map_or((text, None), |(text, rest)| (text, Some(rest)))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

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
        check("V1.2.3", equal, "v1.2.3");
        check("1.2", equal, "1.2.0");
        check("1.2.9", less, "1.2.10");
        check("1.9.0", less, "2.0.0");
        check("1.2.3.4", less, "1.2.3.5");
        check("1.2.3", less, "1.2.3.1");
        check("2026.01.31", less, "2026.11.02");
        check("2026-01-31", less, "2026-11-02");
        check("2026-11-02", less, "2026-11-02.1");
        check("2026-11-02.9", less, "2026-11-02.10");
        check("2026-11-02-1", less, "2026-11-03");
        check("20261102", less, "20261103");
        check("20261102.2", less, "20261102.10");
        check("shop@2026-11-02", less, "shop@2026-11-03");
        check("shop@1.2.3", less, "shop@1.3.0");
        check("core@v1.2.3", less, "core@1.2.4");
        check("@scope/shop@1.2.3", less, "@scope/shop@1.3.0");
        check("99999999999999999999.0", less, "100000000000000000000.0");
        check("1.02", equal, "1.2");
        // The order from the example at semver.org.
        let example = ["1.0.0-alpha", "1.0.0-alpha.1", "1.0.0-alpha.beta", "1.0.0-beta", "1.0.0-beta.2"];
        let example: Vec<_> = example.into_iter().chain(["1.0.0-beta.11", "1.0.0-rc.1", "1.0.0"]).collect();
        for pair in example.windows(2) {
            check(pair[0], less, pair[1]);
        }
        check("1.2.3.4-beta", less, "1.2.3.4");
        check("1.2.3+9", less, "1.2.3+10");
        check("1.2.3+99", less, "1.2.4+1");
        check("388.0+388.0.6", less, "388.0+388.0.8");
        check("388.0+388.0.9", less, "388.0+388.0.10");
        check("388.0+388.0", less, "388.0+388.0.1");
        check("1.2.3", less, "1.2.3+9");
        check("1.2.3-rc.1+9", less, "1.2.3+1");
        check("1.2.3+build.7", less, "1.2.3+build.8");
        // Commits, other packages and builds without an order: the names do not say.
        check("1.2.3+9f3c", None, "1.2.3+a01b");
        check("1.2.3+9", None, "1.2.3+9f3c");
        check("shop@1.2.3", None, "cart@1.3.0");
        check("shop@1.2.3", None, "1.3.0");
        check("9f3c2a1", None, "1.2.3");
        check("20269902", None, "20261103");
        check("57", None, "58");
        check("1.2.3.4.5", None, "1.2.3.4.6");
        check("1..2", None, "1.2.3");
        check("", None, "1.0");
        check("é026-11-02", None, "2026-11-02");
        check("9f3c2a1", equal, "9f3c2a1");
    }

    fn release() -> impl Strategy<Value = String> {
        let part = || prop::sample::select(vec!["0", "1", "2", "10", "007", "a", "rc", "9f3c"]);
        let parts = move |mark: &'static str| {
            let parts = prop::collection::vec(part(), 1..3).prop_map(move |parts| mark.to_owned() + &parts.join("."));
            prop_oneof![Just(String::new()), parts]
        };
        let number = prop::sample::select(vec!["0", "1", "2", "01", "11"]);
        let numbers = prop::collection::vec(number, 1..6).prop_map(|numbers| numbers.join("."));
        let days = prop::sample::select(vec!["2026-11-02", "20261102", "2026.11.02", "2026-11-02.1", "2026-11-03"]);
        let core = prop_oneof![4 => numbers, 1 => days.prop_map(str::to_owned)];
        let package = prop::sample::select(vec!["", "v", "shop@", "shop@v"]);
        (package, core, parts("-"), parts("+"))
            .prop_map(|(package, core, before, build)| format!("{package}{core}{before}{build}"))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]

        /// The order is transitive, and equal names compare in the same way to all others.
        #[test]
        fn it_is_an_order(a in release(), b in release(), c in release()) {
            prop_assert_eq!(compare(&a, &b), compare(&b, &a).map(Ordering::reverse));
            if let (Some(ab), Some(bc)) = (compare(&a, &b), compare(&b, &c)) {
                let expected = match (ab, bc) {
                    (Ordering::Equal, other) | (other, Ordering::Equal) => Some(other),
                    (first, second) if first == second => Some(first),
                    _ => None,
                };
                if let Some(expected) = expected {
                    prop_assert_eq!(compare(&a, &c), Some(expected), "{} {} {}", a, b, c);
                }
            }
        }

        /// Versions of the same package whose builds are numbers always have an order.
        #[test]
        fn it_is_total_where_all_are_numbers(a in release(), b in release()) {
            let is_numeric = |release: &str| {
                let build = release.split_once('+').map_or("0", |(_, build)| build);
                Version::parse(release).is_some() && build.split('.').all(|part| Number::parse(part).is_some())
            };
            let package = |release: &str| release.rsplit_once('@').map(|(package, _)| package.to_owned());
            if is_numeric(&a) && is_numeric(&b) && package(&a) == package(&b) {
                prop_assert!(compare(&a, &b).is_some(), "{} {}", a, b);
            }
        }
    }
}
