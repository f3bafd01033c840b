//! The text of a message, before each channel formats it.

use model::occurrence::{Exception, Frame, Level, Occurrence, Stacktrace};
use model::project::TimeUnit;
use model::time::Timestamp;
use rules::{Message, Notification, Overflow, Trigger};
use url::Url;

use super::text::{counted, cut, line, thousands};

/// Maximum number of frames in a chat message.
const MAX_FRAMES: usize = 5;
/// Maximum number of notifications that one message lists.
const MAX_LISTED_NOTIFICATIONS: usize = 30;
/// Maximum length of a title, in characters: what a chat window shows without folding.
const MAX_TITLE_CHARS: usize = 200;
/// Maximum length of a link, in bytes: mail and chat programs cut longer ones.
const MAX_LINK_BYTES: usize = 2_000;
/// Maximum length of a fact, in characters.
const MAX_FACT_CHARS: usize = 200;

/// The content of a message. Each text is on one line, cleaned and cut, but not escaped.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Content {
    /// The message in one line, for the lock screens of phones and the subjects of emails.
    pub(super) summary: String,
    /// The error that it is about, or the number of notifications.
    pub(super) title: String,
    /// The URL of a page with more information.
    pub(super) link: Option<String>,
    /// Why the message is sent.
    pub(super) why: String,
    /// Names and values of facts about the error.
    pub(super) facts: Vec<(&'static str, String)>,
    /// Stack frames; the one that raised the error is first.
    pub(super) frames: Vec<String>,
    /// The entries of a message about several notifications.
    pub(super) listed: Vec<Listed>,
    /// The level of the error, or the worst level in the list.
    pub(super) level: Level,
}

/// An entry in a message about several notifications.
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

    /// Returns the message in several lines, with all its facts.
    pub(super) fn plain_text(&self) -> String {
        let mut lines = vec![self.title.clone(), self.why.clone()];
        lines.extend(self.link.clone());
        lines.push(String::new());
        lines.extend(self.facts.iter().map(|(name, value)| format!("{name}: {value}")));
        if !self.frames.is_empty() {
            lines.push(String::new());
            lines.extend(self.frames.iter().map(|frame| format!("    {frame}")));
        }
        for listed in &self.listed {
            lines.extend([String::new(), listed.title.clone(), format!("    {}", listed.text)]);
            lines.extend(listed.link.as_ref().map(|link| format!("    {link}")));
        }
        lines.push(String::new());
        lines.join("\n")
    }
}

/// Returns the token that identifies a message. It stays the same when the message is sent again.
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
            "{} at {}, {} in total",
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
    let mut title = format!("{} in {}", counted(all, "notification"), line(project, MAX_FACT_CHARS));
    let mut why = span;
    if let Some(overflow) = overflow {
        title = format!("{} in {}", counted(all, "more notification"), line(project, MAX_FACT_CHARS));
        why = format!(
            "Over {} per minute from the rule {}: the others are counted here",
            counted(u64::from(overflow.ceiling), "message"),
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
        // Levels are ordered with the worst first.
        level: notifications.iter().map(|notification| notification.level).min().unwrap_or_default(),
    }
}

fn describe_limit(project: &str, limit: &str, until: Timestamp) -> Content {
    let title = format!("{} is over its event limit", line(project, MAX_FACT_CHARS));
    Content {
        summary: title.clone(),
        title,
        link: None,
        why: "Events over the limit are refused and not counted".to_owned(),
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

/// Formats `[type] message` on one line. v1's JavaScript client sends `_` if there is no type.
fn title(notification: &Notification, max: usize) -> String {
    match notification.kind.as_str() {
        "" | "_" => line(&notification.message, max),
        kind => line(&format!("[{}] {}", line(kind, 100), cut(&notification.message, max * 4)), max),
    }
}

/// The longest text that says to whom an error is assigned, in characters.
const MAX_ASSIGNMENT: usize = 120;

/// Says in a few words why a notification is sent.
pub(super) fn describe_trigger(notification: &Notification) -> String {
    match &notification.trigger {
        Trigger::First => "New error".to_owned(),
        Trigger::Resolved => "Resolved".to_owned(),
        Trigger::Regression => "Seen again after it was resolved".to_owned(),
        Trigger::Unmuted => "Seen again after its mute ended".to_owned(),
        // The exact count would reveal other clients' events.
        Trigger::Threshold { .. } if notification.is_posted => "Threshold reached".to_owned(),
        Trigger::Threshold { count, unit, .. } => {
            let unit = match unit {
                TimeUnit::Minute => "a minute",
                TimeUnit::Hour => "an hour",
                TimeUnit::Day => "a day",
            };
            format!("Seen {} in {unit}", counted(*count, "time"))
        }
        Trigger::Assigned { assignee } => line(&format!("Assigned to {assignee}"), MAX_ASSIGNMENT),
        Trigger::Sample => "Test message for a rule".to_owned(),
    }
}

/// Returns the facts about the error, the most interesting first.
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

/// Returns the link of a notification if it is safe to show.
pub(super) fn link(notification: &Notification) -> Option<String> {
    checked_link(notification.link.as_deref()?)
}

fn checked_link(link: &str) -> Option<String> {
    let url = Url::parse(link).ok()?;
    // A bar separates a link from its text in Slack, an angle bracket ends a link in Markdown. Servers read their
    // percent-encoded forms as the same characters.
    let url = matches!(url.scheme(), "http" | "https").then(|| url.to_string())?;
    let url = url.replace('|', "%7C").replace('<', "%3C").replace('>', "%3E");
    (url.len() <= MAX_LINK_BYTES).then_some(url)
}

/// Formats `at` to the second, in the time zone with this IANA name. Uses UTC if there is no name, or no such zone.
pub(super) fn moment(at: Timestamp, zone: Option<&str>) -> String {
    let zone = zone.and_then(|name| jiff::tz::TimeZone::get(name).ok());
    let at = jiff::Timestamp::from_second(at.seconds()).unwrap_or_default();
    match zone {
        Some(zone) => at.to_zoned(zone).strftime("%Y-%m-%d %H:%M:%S %:z").to_string(),
        None => at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string(),
    }
}

/// Returns the frames of the error; the one that raised it is first. If there are frames of the application itself,
/// only those.
pub(super) fn frames(notification: &Notification) -> Vec<String> {
    let Some(stack) = notification.occurrence.as_deref().and_then(raised) else { return Vec::new() };
    let own = stack.frames.iter().any(|frame| frame.in_app == Some(true));
    let shown = stack.frames.iter().rev().filter(|frame| !own || frame.in_app == Some(true));
    shown.take(MAX_FRAMES).map(|stack| frame(stack, MAX_FACT_CHARS)).collect()
}

/// Returns the stack trace of the exception that gave the error its title, or else that of the thread that crashed.
fn raised(occurrence: &Occurrence) -> Option<&Stacktrace> {
    let of_exception = occurrence.exceptions.iter().rev().find_map(|exception| exception.stacktrace.as_ref());
    let crashed =
        || occurrence.threads.iter().find(|thread| thread.crashed == Some(true)).or(occurrence.threads.first());
    of_exception.or(occurrence.stacktrace.as_ref()).or_else(|| crashed()?.stacktrace.as_ref())
}

/// Formats a frame as `function (file:line)`, in at most `max` characters.
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

/// Formats all exceptions with at most `max` frames each. The last exception, and in each the frame that raised it, is
/// first.
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
