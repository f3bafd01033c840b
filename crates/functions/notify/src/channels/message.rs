//! What every channel says, in words, before each puts them into its own form.

use model::occurrence::{Exception, Frame, Level, Occurrence, Stacktrace};
use model::project::TimeUnit;
use model::time::Timestamp;
use rules::{Held, Notice, Telling, Why};
use url::Url;

use super::text::{cut, line, thousands};

/// The most frames that a chat message shows.
const FRAMES: usize = 5;
/// The most notices that one message lists.
const LISTED: usize = 30;
/// The longest title, in characters: what a chat window shows without folding it.
const TITLE: usize = 200;
/// The longest link, in bytes: a longer one is cut by what it is clicked in.
const LINK: usize = 2_000;
/// The longest fact, in characters.
const FACT: usize = 200;

/// A message: words on one line each, cleaned and cut, and not escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Message {
    /// All of it in one line, for the lock screens of phones and the subjects of mails.
    pub(super) summary: String,
    /// What it is about.
    pub(super) title: String,
    /// Where a person finds out more.
    pub(super) link: Option<String>,
    /// Why it is told, or what that means.
    pub(super) why: String,
    /// Names and values.
    pub(super) facts: Vec<(&'static str, String)>,
    /// The frames that raised it, the raising one first.
    pub(super) frames: Vec<String>,
    /// What was collected.
    pub(super) listed: Vec<Listed>,
    /// How bad it is.
    pub(super) level: Level,
}

/// One of what was collected.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Listed {
    pub(super) title: String,
    pub(super) link: Option<String>,
    pub(super) text: String,
}

impl Message {
    pub(super) fn of(telling: &Telling) -> Self {
        match telling {
            Telling::One(notice) => one(notice),
            Telling::Several { project, notices, more, held, .. } => {
                several(project.as_str(), notices, *more, held.as_ref())
            }
            Telling::Limited { project, limit, until, .. } => limited(project.as_str(), limit, *until),
        }
    }
}

/// What names a message: the same however often it is sent.
pub(super) fn token(telling: &Telling) -> &str {
    match telling {
        Telling::One(notice) => &notice.token,
        Telling::Several { token, .. } | Telling::Limited { token, .. } => token,
    }
}

fn one(notice: &Notice) -> Message {
    let (title, why) = (title(notice, TITLE), why(notice));
    Message {
        summary: format!("{why}: {title}"),
        title,
        link: link(notice),
        why,
        facts: facts(notice),
        frames: frames(notice),
        listed: Vec::new(),
        level: notice.level,
    }
}

fn several(project: &str, notices: &[Notice], more: u64, held: Option<&Held>) -> Message {
    let zone = notices.first().and_then(|notice| notice.timezone.as_deref());
    let listed = notices.iter().take(LISTED).map(|notice| Listed {
        title: title(notice, 120),
        link: link(notice),
        text: format!(
            "{} at {}, {} in all",
            why(notice),
            moment(notice.at, notice.timezone.as_deref()),
            thousands(notice.count)
        ),
    });
    let unlisted = more + notices.len().saturating_sub(LISTED) as u64;
    let all = more + notices.len() as u64;
    let span = match (notices.first(), notices.last()) {
        (Some(first), Some(last)) => format!("From {} to {}", moment(first.at, zone), moment(last.at, zone)),
        _ => String::new(),
    };
    let mut facts = vec![("Project", line(project, FACT))];
    if unlisted > 0 {
        facts.push(("Not listed", thousands(unlisted)));
    }
    let things = if all == 1 { "thing" } else { "things" };
    let mut title = format!("{} {things} happened in {}", thousands(all), line(project, FACT));
    let mut why = span;
    if let Some(held) = held {
        title = format!("{} more in {}", thousands(all), line(project, FACT));
        why = format!(
            "Over {} messages a minute of {}: the others are counted here",
            thousands(u64::from(held.ceiling)),
            line(&held.rule, FACT)
        );
    }
    Message {
        summary: title.clone(),
        title,
        link: held.and_then(|held| shown_link(held.link.as_deref()?)),
        why,
        facts,
        frames: Vec::new(),
        listed: listed.collect(),
        // The worst is first in the order of levels.
        level: notices.iter().map(|notice| notice.level).min().unwrap_or_default(),
    }
}

fn limited(project: &str, limit: &str, until: Timestamp) -> Message {
    let title = format!("{} sends more than it may", line(project, FACT));
    Message {
        summary: title.clone(),
        title,
        link: None,
        why: "What is over the limit is refused, and not counted".to_owned(),
        facts: vec![("Project", line(project, FACT)), ("Limit", line(limit, FACT)), ("Until", moment(until, None))],
        frames: Vec::new(),
        listed: Vec::new(),
        level: Level::Warning,
    }
}

/// `[type] message` on one line. v1's JavaScript client sends `_` for no type.
fn title(notice: &Notice, max: usize) -> String {
    match notice.kind.as_str() {
        "" | "_" => line(&notice.message, max),
        kind => line(&format!("[{}] {}", line(kind, 100), cut(&notice.message, max * 4)), max),
    }
}

/// Why it is told, in a few words.
pub(super) fn why(notice: &Notice) -> String {
    match &notice.why {
        Why::First => "New error".to_owned(),
        Why::Regression => "Back again after it was resolved".to_owned(),
        Why::Unmuted => "Back again after its mute ended".to_owned(),
        // How many there are is known from others' posts.
        Why::Threshold { .. } if notice.is_posted => "Seen as often as the threshold says".to_owned(),
        Why::Threshold { count, unit, .. } => {
            let unit = match unit {
                TimeUnit::Minute => "a minute",
                TimeUnit::Hour => "an hour",
                TimeUnit::Day => "a day",
            };
            format!("{} in {unit}", thousands(*count))
        }
        Why::Sample => "A sample, to try a rule".to_owned(),
    }
}

/// What is known about the error, in the order of interest.
pub(super) fn facts(notice: &Notice) -> Vec<(&'static str, String)> {
    let zone = notice.timezone.as_deref();
    let optional = [
        ("Where", notice.culprit.as_deref()),
        ("Environment", notice.environment.as_deref()),
        ("Release", notice.release.as_deref()),
    ];
    let mut facts = vec![("Project", line(notice.project.as_str(), FACT))];
    facts.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, line(value?, FACT))))
            .filter(|(_, value)| !value.is_empty()),
    );
    facts.push(("Level", notice.level.to_string()));
    if notice.is_posted {
        facts.push(("Seen", moment(notice.last_seen, zone)));
        return facts;
    }
    facts.extend([
        ("Count", thousands(notice.count)),
        ("First seen", moment(notice.first_seen, zone)),
        ("Last seen", moment(notice.last_seen, zone)),
    ]);
    facts
}

/// The link, if it is one that a person may be led to.
pub(super) fn link(notice: &Notice) -> Option<String> {
    shown_link(notice.link.as_deref()?)
}

fn shown_link(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    // Slack divides at a bar, Markdown ends at a bracket: both have an escaped form that every server reads the same.
    let url = matches!(url.scheme(), "http" | "https").then(|| url.to_string())?;
    let url = url.replace('|', "%7C").replace('<', "%3C").replace('>', "%3E");
    (url.len() <= LINK).then_some(url)
}

/// `at` in the time zone of that IANA name, to the second; in UTC if there is none, or none of that name.
pub(super) fn moment(at: Timestamp, zone: Option<&str>) -> String {
    let zone = zone.and_then(|name| jiff::tz::TimeZone::get(name).ok());
    let at = jiff::Timestamp::from_second(at.seconds()).unwrap_or_default();
    match zone {
        Some(zone) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
        None => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    }
}

/// The frames that raised it, the raising one first: the application's own, if it has any.
pub(super) fn frames(notice: &Notice) -> Vec<String> {
    let Some(stack) = notice.occurrence.as_deref().and_then(raised) else { return Vec::new() };
    let own = stack.frames.iter().any(|frame| frame.in_app == Some(true));
    let shown = stack.frames.iter().rev().filter(|frame| !own || frame.in_app == Some(true));
    shown.take(FRAMES).map(|stack| frame(stack, FACT)).collect()
}

/// The stack of what gave the error its title; else of the thread that crashed.
fn raised(occurrence: &Occurrence) -> Option<&Stacktrace> {
    let of_exception = occurrence.exceptions.iter().rev().find_map(|exception| exception.stacktrace.as_ref());
    let crashed =
        || occurrence.threads.iter().find(|thread| thread.crashed == Some(true)).or(occurrence.threads.first());
    of_exception.or(occurrence.stacktrace.as_ref()).or_else(|| crashed()?.stacktrace.as_ref())
}

/// `function (file:line)`, in at most `max` characters.
fn frame(frame: &Frame, max: usize) -> String {
    let file = [&frame.filename, &frame.module, &frame.package].into_iter().flatten().find(|text| !text.is_empty());
    let place = match (file, frame.lineno) {
        (Some(file), Some(number)) => Some(format!("{}:{number}", line(file, max / 2))),
        (Some(file), None) => Some(line(file, max / 2)),
        (None, number) => number.map(|number| format!("line {number}")),
    };
    let function = frame.function.as_deref().filter(|text| !text.is_empty()).map(|text| line(text, max / 2));
    match (function, place) {
        (Some(function), Some(place)) => format!("{function} ({place})"),
        (function, place) => function.or(place).unwrap_or_else(|| "?".to_owned()),
    }
}

/// All exceptions with all their frames, the raising ones first, in at most `max` frames of each.
pub(super) fn backtrace(occurrence: &Occurrence, max: usize) -> String {
    let mut lines = Vec::new();
    let mut stack = |stack: &Stacktrace| {
        lines.extend(stack.frames.iter().rev().take(max).map(|entry| format!("  {}", frame(entry, 400))));
        let unlisted = stack.frames.len().saturating_sub(max);
        if unlisted > 0 {
            lines.push(format!("  … {unlisted} more"));
        }
        std::mem::take(&mut lines)
    };
    let name = |exception: &Exception| {
        let kind = exception.kind.as_deref().unwrap_or_default();
        let value = exception.value.as_deref().unwrap_or_default();
        line(&[kind, cut(value, 4_000).as_ref()].join(": "), 1_000).trim_matches([':', ' ']).to_owned()
    };
    let mut text = Vec::new();
    for exception in occurrence.exceptions.iter().rev() {
        if !text.is_empty() {
            text.push("Caused by".to_owned());
        }
        text.push(name(exception));
        text.extend(exception.stacktrace.as_ref().map(&mut stack).unwrap_or_default());
    }
    if occurrence.exceptions.iter().all(|exception| exception.stacktrace.is_none()) {
        text.extend(raised(occurrence).map(&mut stack).unwrap_or_default());
    }
    text.join("\n")
}
