//! The text of a message, before each channel puts it into its own form.

use model::occurrence::{Exception, Frame, Level, Occurrence, Stacktrace};
use model::project::TimeUnit;
use model::time::Timestamp;
use rules::{Message, Notification, Overflow, Trigger};
use url::Url;

use super::text::{cut, line, thousands};

/// The most frames that a chat message shows.
const MAX_FRAMES: usize = 5;
/// The most notifications that one message lists.
const MAX_LISTED_NOTIFICATIONS: usize = 30;
/// The longest title, in characters: what a chat window shows without folding it.
const MAX_TITLE_CHARS: usize = 200;
/// The longest link, in bytes: a longer one is cut by what it is clicked in.
const MAX_LINK_BYTES: usize = 2_000;
/// The longest fact, in characters.
const MAX_FACT_CHARS: usize = 200;

/// The content of a message: texts on one line each, cleaned and cut, and not escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// All of it in one line, for the lock screens of phones and the subjects of mails.
    pub(super) summary: String,
    /// What it is about.
    pub(super) title: String,
    /// Where a person finds out more.
    pub(super) link: Option<String>,
    /// Why it is sent, or what that means.
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

impl Content {
    pub(super) fn new(message: &Message) -> Self {
        match message {
            Message::One(notification) => describe_one(notification),
            Message::Several { project, notifications, more, overflow, .. } => {
                describe_several(project.as_str(), notifications, *more, overflow.as_ref())
            }
            Message::Limited { project, limit, until, .. } => describe_limit(project.as_str(), limit, *until),
        }
    }
}

/// Identifies a message: the same however often it is sent.
pub(super) fn token(message: &Message) -> &str {
    match message {
        Message::One(notification) => &notification.token,
        Message::Several { token, .. } | Message::Limited { token, .. } => token,
    }
}

fn describe_one(notification: &Notification) -> Content {
    let title = title(notification, MAX_TITLE_CHARS);
    let why = describe_trigger(notification);
    Content {
        summary: format!("{why}: {title}"),
        title,
        link: link(notification),
        why,
        facts: facts(notification),
        frames: frames(notification),
        listed: Vec::new(),
        level: notification.level,
    }
}

fn describe_several(project: &str, notifications: &[Notification], more: u64, overflow: Option<&Overflow>) -> Content {
    let zone = notifications.first().and_then(|notification| notification.timezone.as_deref());
    let listed = notifications.iter().take(MAX_LISTED_NOTIFICATIONS).map(|notification| Listed {
        title: title(notification, 120),
        link: link(notification),
        text: format!(
            "{} at {}, {} in all",
            describe_trigger(notification),
            moment(notification.at, notification.timezone.as_deref()),
            thousands(notification.count)
        ),
    });
    let unlisted = more + notifications.len().saturating_sub(MAX_LISTED_NOTIFICATIONS) as u64;
    let all = more + notifications.len() as u64;
    let span = match (notifications.first(), notifications.last()) {
        (Some(first), Some(last)) => format!("From {} to {}", moment(first.at, zone), moment(last.at, zone)),
        _ => String::new(),
    };
    let mut facts = vec![("Project", line(project, MAX_FACT_CHARS))];
    if unlisted > 0 {
        facts.push(("Not listed", thousands(unlisted)));
    }
    let things = if all == 1 { "thing" } else { "things" };
    let mut title = format!("{} {things} happened in {}", thousands(all), line(project, MAX_FACT_CHARS));
    let mut why = span;
    if let Some(overflow) = overflow {
        title = format!("{} more in {}", thousands(all), line(project, MAX_FACT_CHARS));
        why = format!(
            "Over {} messages a minute of {}: the others are counted here",
            thousands(u64::from(overflow.ceiling)),
            line(&overflow.rule, MAX_FACT_CHARS)
        );
    }
    Content {
        summary: title.clone(),
        title,
        link: overflow.and_then(|overflow| checked_link(overflow.link.as_deref()?)),
        why,
        facts,
        frames: Vec::new(),
        listed: listed.collect(),
        // The worst is first in the order of levels.
        level: notifications.iter().map(|notification| notification.level).min().unwrap_or_default(),
    }
}

fn describe_limit(project: &str, limit: &str, until: Timestamp) -> Content {
    let title = format!("{} sends more than it may", line(project, MAX_FACT_CHARS));
    Content {
        summary: title.clone(),
        title,
        link: None,
        why: "What is over the limit is refused, and not counted".to_owned(),
        facts: vec![
            ("Project", line(project, MAX_FACT_CHARS)),
            ("Limit", line(limit, MAX_FACT_CHARS)),
            ("Until", moment(until, None)),
        ],
        frames: Vec::new(),
        listed: Vec::new(),
        level: Level::Warning,
    }
}

/// `[type] message` on one line. v1's JavaScript client sends `_` for no type.
fn title(notification: &Notification, max: usize) -> String {
    match notification.kind.as_str() {
        "" | "_" => line(&notification.message, max),
        kind => line(&format!("[{}] {}", line(kind, 100), cut(&notification.message, max * 4)), max),
    }
}

/// Why it is sent, in a few words.
pub(super) fn describe_trigger(notification: &Notification) -> String {
    match &notification.trigger {
        Trigger::First => "New error".to_owned(),
        Trigger::Regression => "Back again after it was resolved".to_owned(),
        Trigger::Unmuted => "Back again after its mute ended".to_owned(),
        // How many there are is known from others' posts.
        Trigger::Threshold { .. } if notification.is_posted => "Seen as often as the threshold says".to_owned(),
        Trigger::Threshold { count, unit, .. } => {
            let unit = match unit {
                TimeUnit::Minute => "a minute",
                TimeUnit::Hour => "an hour",
                TimeUnit::Day => "a day",
            };
            format!("{} in {unit}", thousands(*count))
        }
        Trigger::Sample => "A sample, to try a rule".to_owned(),
    }
}

/// What is known about the error, in the order of interest.
pub(super) fn facts(notification: &Notification) -> Vec<(&'static str, String)> {
    let zone = notification.timezone.as_deref();
    let optional = [
        ("Where", notification.culprit.as_deref()),
        ("Environment", notification.environment.as_deref()),
        ("Release", notification.release.as_deref()),
    ];
    let mut facts = vec![("Project", line(notification.project.as_str(), MAX_FACT_CHARS))];
    facts.extend(
        optional
            .into_iter()
            .filter_map(|(name, value)| Some((name, line(value?, MAX_FACT_CHARS))))
            .filter(|(_, value)| !value.is_empty()),
    );
    facts.push(("Level", notification.level.to_string()));
    if notification.is_posted {
        facts.push(("Seen", moment(notification.last_seen, zone)));
        return facts;
    }
    facts.extend([
        ("Count", thousands(notification.count)),
        ("First seen", moment(notification.first_seen, zone)),
        ("Last seen", moment(notification.last_seen, zone)),
    ]);
    facts
}

/// The link, if it is one that a person may be led to.
pub(super) fn link(notification: &Notification) -> Option<String> {
    checked_link(notification.link.as_deref()?)
}

fn checked_link(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    // Slack divides at a bar, Markdown ends at a bracket: both have an escaped form that every server reads the same.
    let url = matches!(url.scheme(), "http" | "https").then(|| url.to_string())?;
    let url = url.replace('|', "%7C").replace('<', "%3C").replace('>', "%3E");
    (url.len() <= MAX_LINK_BYTES).then_some(url)
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
pub(super) fn frames(notification: &Notification) -> Vec<String> {
    let Some(stack) = notification.occurrence.as_deref().and_then(raised) else { return Vec::new() };
    let own = stack.frames.iter().any(|frame| frame.in_app == Some(true));
    let shown = stack.frames.iter().rev().filter(|frame| !own || frame.in_app == Some(true));
    shown.take(MAX_FRAMES).map(|stack| frame(stack, MAX_FACT_CHARS)).collect()
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
