//! The text of issues and comments, in the Markdown that GitHub and GitLab share.

use model::id::ProjectName;
use model::occurrence::Occurrence;
use rules::{Message, Notification, Overflow};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::channels::SendError;
use crate::channels::content::{backtrace, describe_trigger, facts, link, moment, token};
use crate::channels::text::{clean, counted, cut_bytes, line, unfenced, without_emoji};
use crate::marker::MarkerSigner;

/// Maximum length of a title, in bytes (as in v1).
const MAX_TITLE_BYTES: usize = 250;
/// Maximum length of the backtrace, in bytes.
const MAX_BACKTRACE_BYTES: usize = 16 * 1024;
/// Maximum length of every other section, in bytes.
const MAX_SECTION_BYTES: usize = 6 * 1024;
/// Maximum number of frames of one exception.
const MAX_FRAMES: usize = 60;

/// v1's sections, in v1's order. Other contexts follow them.
const V1_CONTEXTS: [&str; 4] = ["context", "environment", "session", "params"];

/// An issue and a comment, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// The marker of the error's issue, on a separate line that is not shown.
    pub(super) marker: String,
    /// The part of `marker` that a search can find.
    pub(super) word: String,
    /// The marker of this message, on a separate line that is not shown.
    pub(super) sent_marker: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) comment: String,
}

impl Report {
    /// Creates the report of `message`, with texts of at most `limit` bytes. Returns `None` if the message is not about
    /// an error. `signer` signs the marker: only issues with a valid signature are ours.
    pub(super) fn new(message: &Message, limit: usize, signer: &MarkerSigner) -> Result<Option<Self>, SendError> {
        if let Message::Several { overflow: Some(overflow), notifications, more, project, .. } = message {
            return Ok(Some(Self::for_overflow(message, overflow, notifications, *more, project, signer)));
        }
        let (notification, others): (&Notification, &[Notification]) = match message {
            Message::One(notification) => (notification, &[]),
            Message::Several { notifications, .. } => match notifications.last() {
                Some(last) if notifications.iter().all(|notification| notification.fingerprint == last.fingerprint) => {
                    (last, notifications)
                }
                Some(_) => {
                    let what =
                        "an issue is about one error: a message about several errors cannot be sent to a tracker";
                    return Err(SendError::permanent(what));
                }
                None => return Ok(None),
            },
            Message::Limited { .. } => return Ok(None),
        };
        let word = notification.fingerprint.to_string();
        let marker = signer.marker(&notification.project, notification.fingerprint);
        let sent_marker = format!("<!-- faultline-sent:{} -->", &sha256(token(message))[..16]);
        Ok(Some(Self {
            title: issue_title(notification),
            body: body(notification, &format!("{marker}\n{sent_marker}\n"), limit),
            comment: comment(notification, others, &sent_marker),
            marker,
            word,
            sent_marker,
        }))
    }
}

impl Report {
    /// Creates the report of notifications over the limit of a rule, as a separate issue. If it is sent again, the
    /// issue is found by the token of the message.
    fn for_overflow(
        message: &Message,
        overflow: &Overflow,
        notifications: &[Notification],
        more: u64,
        project: &ProjectName,
        signer: &MarkerSigner,
    ) -> Self {
        let word = signer.signature(token(message));
        let marker = format!("<!-- faultline-held:{word} -->");
        let sent_marker = format!("<!-- faultline-sent:{} -->", &sha256(token(message))[..16]);
        let all = counted(more + notifications.len() as u64, "more error");
        let mut parts = vec![format!(
            "{all} than the {} per minute that the rule {} may create.",
            counted(u64::from(overflow.ceiling), "issue"),
            code(&overflow.rule)
        )];
        parts.extend(overflow.link.as_ref().map(|link| format!("[All errors](<{link}>)")));
        let listed = notifications.iter().take(30).map(|notification| {
            let title = code(&[notification.kind.as_str(), notification.message.as_str()].join(" "));
            match link(notification) {
                Some(link) => format!("- {title} [Open](<{link}>)"),
                None => format!("- {title}"),
            }
        });
        parts.push(listed.collect::<Vec<_>>().join("\n"));
        let body = format!("{}\n\n{marker}\n{sent_marker}\n", parts.join("\n\n"));
        let title = unmentioned(&format!("{all} in {}", line(project.as_str(), 100)));
        Self { marker, word, sent_marker, title, comment: body.clone(), body }
    }
}

/// Formats v1's title: `[type] message` in 250 bytes. A longer one is cut, and ends in `...` and ten digits of the hash
/// of the rest, so that two long titles that differ only at the end stay different.
fn issue_title(notification: &Notification) -> String {
    // A text may have a megabyte: its beginning is enough to distinguish it from others.
    let message = line(&notification.message, 10_000);
    let title = match notification.kind.as_str() {
        "" => message,
        kind => format!("[{}] {message}", line(kind, 100)),
    };
    let title = unmentioned(&title);
    if title.len() <= MAX_TITLE_BYTES {
        return title;
    }
    let end = title.floor_char_boundary(MAX_TITLE_BYTES - "...".len() - 10);
    let (kept, rest) = title.split_at(end);
    format!("{kept}...{}", &sha256(rest)[..10])
}

/// Returns `text` in which no `@` mentions anybody, nothing refers to an issue or another object of the tracker, and
/// nothing is an emoji. Trackers recognise a mention only if no letter or digit is before the `@`, so email addresses
/// are not changed.
fn unmentioned(text: &str) -> String {
    let text = without_emoji(text);
    let mut written = String::with_capacity(text.len());
    let mut before = ' ';
    let mut rest = text.chars().peekable();
    while let Some(c) = rest.next() {
        written.push(c);
        let next = rest.peek().copied().unwrap_or(' ');
        // `#1`, `a/b#1`, and GitLab's `!1`, `&1`, `$1`, `%1`, `~label` and `~"two words"`.
        let is_reference = match c {
            '@' => !before.is_alphanumeric(),
            '#' | '!' | '&' | '$' => next.is_ascii_digit(),
            '%' | '~' => next.is_alphanumeric() || next == '"',
            _ => false,
        };
        if is_reference {
            written.push('\u{200b}');
        }
        before = c;
    }
    written
}

fn body(notification: &Notification, marks: &str, limit: usize) -> String {
    let zone = notification.timezone.as_deref();
    let mut parts = vec![format!("**{}**", describe_trigger(notification))];
    parts.extend(link(notification).map(|link| format!("[Open in faultline](<{link}>)")));
    let facts = facts(notification);
    parts.push(facts.iter().map(|(name, value)| format!("- {name}: {}", code(value))).collect::<Vec<_>>().join("\n"));
    if let Some(occurrence) = &notification.occurrence {
        parts.extend(sections(occurrence));
    }
    let footer = format!(
        "---\nProject: {} · Type: {} · {} · {}",
        code(notification.project.as_str()),
        code(&notification.kind),
        moment(notification.at, zone),
        code(&notification.fingerprint.to_string()),
    );
    // Sections that do not fit are left out as a whole: a code block that is cut off would swallow the text after it.
    let room = limit.saturating_sub(footer.len() + marks.len() + 4);
    let mut text = String::new();
    for part in parts {
        if text.len() + part.len() + 2 <= room {
            text.push_str(&part);
            text.push_str("\n\n");
        }
    }
    format!("{text}{footer}\n\n{marks}")
}

fn sections(occurrence: &Occurrence) -> Vec<String> {
    let mut sections = Vec::new();
    let mut add = |name: &str, language: &str, text: &str, max: usize| {
        if !text.trim().is_empty() {
            sections.push(format!("### {name}\n{}", block(language, text, max)));
        }
    };
    let plain = occurrence.message.trim();
    if plain.contains('\n') || plain.chars().nth(150).is_some() {
        add("Message", "text", plain, MAX_SECTION_BYTES);
    }
    add("Backtrace", "text", &backtrace(occurrence, MAX_FRAMES), MAX_BACKTRACE_BYTES);
    let known = V1_CONTEXTS.iter().filter_map(|name| occurrence.contexts.get_key_value(*name));
    let others = occurrence.contexts.iter().filter(|(name, _)| !V1_CONTEXTS.contains(&name.as_str()));
    for (name, value) in known.chain(others).take(20) {
        add(&heading(name), "json", &pretty(value), MAX_SECTION_BYTES);
    }
    let request = Value::Object(occurrence.request.clone());
    add("Request", "json", &pretty(&request), MAX_SECTION_BYTES);
    let tags: Map<_, _> = occurrence.tags.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    add("Tags", "json", &pretty(&Value::Object(tags)), MAX_SECTION_BYTES);
    sections
}

/// Formats a comment. Each part is bounded, and together they are far below any limit.
fn comment(notification: &Notification, others: &[Notification], sent_marker: &str) -> String {
    let zone = notification.timezone.as_deref();
    let mut parts = vec![format!("**{}** at {}", describe_trigger(notification), moment(notification.at, zone))];
    if others.len() > 1 {
        let line = |other: &Notification| format!("- {} at {}", describe_trigger(other), moment(other.at, zone));
        parts.push(others.iter().take(30).map(line).collect::<Vec<_>>().join("\n"));
    }
    let facts = facts(notification);
    parts.push(facts.iter().map(|(name, value)| format!("- {name}: {}", code(value))).collect::<Vec<_>>().join("\n"));
    parts.extend(link(notification).map(|link| format!("[Open in faultline](<{link}>)")));
    if let Some(occurrence) = &notification.occurrence {
        let frames = backtrace(occurrence, 5);
        if !frames.is_empty() {
            parts.push(block("text", &frames, MAX_SECTION_BYTES));
        }
    }
    format!("{}\n\n{sent_marker}\n", parts.join("\n\n"))
}

/// Formats a name from the event as a heading, with letters, digits and spaces only.
fn heading(name: &str) -> String {
    let name: String = line(name, 60).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let mut letters = name.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_else(|| "Context".to_owned())
}

/// Formats a value as indented JSON. Null and empty objects become an empty text.
fn pretty(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Object(map) if map.is_empty() => String::new(),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}

/// Formats a text from the event on one line, in a code span that it cannot end.
fn code(text: &str) -> String {
    let text = uncommented(&line(text, 300));
    match text.as_str() {
        "" => "-".to_owned(),
        text => {
            let fence = "`".repeat(longest_run(text) + 1);
            // A span whose text begins or ends with a backtick needs a space there.
            let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
            format!("{fence}{pad}{text}{pad}{fence}")
        }
    }
}

/// Formats a text from the event in a fenced code block of about `max` bytes. Nothing in it looks like a fence of any
/// length: GitLab's search for commands such as `/close` recognises only fences of three backticks, and would execute
/// commands in the rest.
fn block(language: &str, text: &str, max: usize) -> String {
    let text = uncommented(&unfenced(&clean(&cut_bytes(text, max))));
    format!("```{language}\n{}\n```", text.trim_end())
}

/// Breaks up `<!--`, so that a text from an event cannot contain a marker.
fn uncommented(text: &str) -> String {
    text.replace("<!--", "<!\u{200b}--")
}

/// Returns the length of the longest run of backticks.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// Returns the SHA-256 of `text` in hexadecimal digits.
fn sha256(text: &str) -> String {
    hex::encode(Sha256::digest(text))
}
