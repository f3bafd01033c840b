//! The words of an issue, in the Markdown that GitHub and GitLab have in common.

use model::id::ProjectName;
use model::occurrence::Occurrence;
use rules::{Held, Notice, Telling};
use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::channels::Failed;
use crate::channels::message::{backtrace, facts, link, moment, token, why};
use crate::channels::text::{clean, cut_bytes, line, thousands, unfenced, without_emoji};
use crate::marker::Mark;

/// The longest title, in bytes (v1).
const TITLE: usize = 250;
/// The longest backtrace, and the longest of every other section, in bytes.
const BACKTRACE: usize = 16 * 1024;
const SECTION: usize = 6 * 1024;
/// The most frames of one exception.
const FRAMES: usize = 60;

/// v1's sections, in its order; other contexts come after them.
const CONTEXTS: [&str; 4] = ["context", "environment", "session", "params"];

/// An issue and a comment, ready to be written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Report {
    /// What names the error's issue, on a line of its own that is not shown.
    pub(super) marker: String,
    /// The part of `marker` that a search finds.
    pub(super) word: String,
    /// What names this telling, on a line of its own that is not shown.
    pub(super) told: String,
    pub(super) title: String,
    pub(super) body: String,
    pub(super) comment: String,
}

impl Report {
    /// The report of `telling`, whose texts have at most `limit` bytes; `None` if it is about no error.
    /// `mark` signs the marker: only what it signed is ours.
    pub(super) fn of(telling: &Telling, limit: usize, mark: &Mark) -> Result<Option<Self>, Failed> {
        if let Telling::Several { held: Some(held), notices, more, project, .. } = telling {
            return Ok(Some(Self::of_held(telling, held, notices, *more, project, mark)));
        }
        let (notice, others): (&Notice, &[Notice]) = match telling {
            Telling::One(notice) => (notice, &[]),
            Telling::Several { notices, .. } => match notices.last() {
                Some(last) if notices.iter().all(|notice| notice.fingerprint == last.fingerprint) => (last, notices),
                Some(_) => {
                    let what =
                        "an issue is about one error: what was collected about several cannot be told to a tracker";
                    return Err(Failed::never(what));
                }
                None => return Ok(None),
            },
            Telling::Limited { .. } => return Ok(None),
        };
        let word = notice.fingerprint.to_string();
        let marker = mark.of(&notice.project, notice.fingerprint);
        let told = format!("<!-- faultline-told:{} -->", &hex(token(telling))[..16]);
        Ok(Some(Self {
            title: issue_title(notice),
            body: body(notice, &format!("{marker}\n{told}\n"), limit),
            comment: comment(notice, others, &told),
            marker,
            word,
            told,
        }))
    }
}

impl Report {
    /// What a ceiling held back, as one issue of its own. Sent again it is found by the name of the message.
    fn of_held(
        telling: &Telling,
        held: &Held,
        notices: &[Notice],
        more: u64,
        project: &ProjectName,
        mark: &Mark,
    ) -> Self {
        let word = mark.signature(token(telling));
        let marker = format!("<!-- faultline-held:{word} -->");
        let told = format!("<!-- faultline-told:{} -->", &hex(token(telling))[..16]);
        let all = thousands(more + notices.len() as u64);
        let mut parts = vec![format!(
            "{all} more than the {} issues a minute that the rule {} makes.",
            held.ceiling,
            code(&held.rule)
        )];
        parts.extend(held.link.as_ref().map(|link| format!("[All errors](<{link}>)")));
        let listed = notices.iter().take(30).map(|notice| {
            let title = code(&[notice.kind.as_str(), notice.message.as_str()].join(" "));
            match link(notice) {
                Some(link) => format!("- {title} [Open](<{link}>)"),
                None => format!("- {title}"),
            }
        });
        parts.push(listed.collect::<Vec<_>>().join("\n"));
        let body = format!("{}\n\n{marker}\n{told}\n", parts.join("\n\n"));
        let title = unmentioned(&format!("{all} more errors in {}", line(project.as_str(), 100)));
        Self { marker, word, told, title, comment: body.clone(), body }
    }
}

/// v1's title: `[type] message` in 250 bytes; of a longer one the beginning, `...`, and ten digits of the hash of the
/// rest, so that two long titles differ where their messages do.
fn issue_title(notice: &Notice) -> String {
    // Of a text of a megabyte the beginning is enough to tell it from others.
    let message = line(&notice.message, 10_000);
    let title = match notice.kind.as_str() {
        "" => message,
        kind => format!("[{}] {message}", line(kind, 100)),
    };
    let title = unmentioned(&title);
    if title.len() <= TITLE {
        return title;
    }
    let end = title.floor_char_boundary(TITLE - "...".len() - 10);
    let (kept, rest) = title.split_at(end);
    format!("{kept}...{}", &hex(rest)[..10])
}

/// `text` in which no `@` calls anybody, and nothing refers to an issue or another thing of the tracker, or is a picture.
/// Trackers see a mention where no letter or digit is before the `@`: an email address stays as it is.
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

fn body(notice: &Notice, marks: &str, limit: usize) -> String {
    let zone = notice.timezone.as_deref();
    let mut parts = vec![format!("**{}**", why(notice))];
    parts.extend(link(notice).map(|link| format!("[Open in faultline](<{link}>)")));
    let facts = facts(notice);
    parts.push(facts.iter().map(|(name, value)| format!("- {name}: {}", code(value))).collect::<Vec<_>>().join("\n"));
    if let Some(occurrence) = &notice.occurrence {
        parts.extend(sections(occurrence));
    }
    let footer = format!(
        "---\nProject: {} · Type: {} · {} · {}",
        code(notice.project.as_str()),
        code(&notice.kind),
        moment(notice.at, zone),
        code(&notice.fingerprint.to_string()),
    );
    // What does not fit is left out by whole sections: half of a block would swallow what follows it.
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
        add("Message", "text", plain, SECTION);
    }
    add("Backtrace", "text", &backtrace(occurrence, FRAMES), BACKTRACE);
    let known = CONTEXTS.iter().filter_map(|name| occurrence.contexts.get_key_value(*name));
    let others = occurrence.contexts.iter().filter(|(name, _)| !CONTEXTS.contains(&name.as_str()));
    for (name, value) in known.chain(others).take(20) {
        add(&heading(name), "json", &pretty(value), SECTION);
    }
    let request = Value::Object(occurrence.request.clone());
    add("Request", "json", &pretty(&request), SECTION);
    let tags: Map<_, _> = occurrence.tags.iter().map(|(name, value)| (name.clone(), value.as_str().into())).collect();
    add("Tags", "json", &pretty(&Value::Object(tags)), SECTION);
    sections
}

/// Every part of a comment is bounded, and all of them together are far below any limit.
fn comment(notice: &Notice, others: &[Notice], told: &str) -> String {
    let zone = notice.timezone.as_deref();
    let mut parts = vec![format!("**{}** at {}", why(notice), moment(notice.at, zone))];
    if others.len() > 1 {
        let line = |other: &Notice| format!("- {} at {}", why(other), moment(other.at, zone));
        parts.push(others.iter().take(30).map(line).collect::<Vec<_>>().join("\n"));
    }
    let facts = facts(notice);
    parts.push(facts.iter().map(|(name, value)| format!("- {name}: {}", code(value))).collect::<Vec<_>>().join("\n"));
    parts.extend(link(notice).map(|link| format!("[Open in faultline](<{link}>)")));
    if let Some(occurrence) = &notice.occurrence {
        let frames = backtrace(occurrence, 5);
        if !frames.is_empty() {
            parts.push(block("text", &frames, SECTION));
        }
    }
    format!("{}\n\n{told}\n", parts.join("\n\n"))
}

/// A name of the event as a heading: letters, digits and spaces.
fn heading(name: &str) -> String {
    let name: String = line(name, 60).chars().map(|c| if c.is_alphanumeric() { c } else { ' ' }).collect();
    let mut letters = name.trim().chars();
    letters.next().map(|first| first.to_uppercase().chain(letters).collect()).unwrap_or_else(|| "Context".to_owned())
}

/// What is not empty, as JSON in lines.
fn pretty(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::Object(map) if map.is_empty() => String::new(),
        value => serde_json::to_string_pretty(value).unwrap_or_default(),
    }
}

/// A text of the event on one line, in a code span that it cannot end.
fn code(text: &str) -> String {
    let text = uncommented(&line(text, 300));
    match text.as_str() {
        "" => "-".to_owned(),
        text => {
            let fence = "`".repeat(longest_run(text) + 1);
            // A span that begins or ends with a backtick needs a space there.
            let pad = if text.starts_with('`') || text.ends_with('`') { " " } else { "" };
            format!("{fence}{pad}{text}{pad}{fence}")
        }
    }
}

/// A text of the event in a fenced block, in at most some `max` bytes. Nothing in it looks like a fence, of whatever
/// length: GitLab's search for commands such as `/close` knows fences of three only, and would take the rest for its own.
fn block(language: &str, text: &str, max: usize) -> String {
    let text = uncommented(&unfenced(&clean(&cut_bytes(text, max))));
    format!("```{language}\n{}\n```", text.trim_end())
}

/// `text` in which nothing begins a comment: our marks are comments, and must be ours alone.
fn uncommented(text: &str) -> String {
    text.replace("<!--", "<!\u{200b}--")
}

/// How many backticks follow each other at most.
fn longest_run(text: &str) -> usize {
    text.split(|c| c != '`').map(str::len).max().unwrap_or(0)
}

/// SHA-256 of `text` in hexadecimal digits.
fn hex(text: &str) -> String {
    Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}
