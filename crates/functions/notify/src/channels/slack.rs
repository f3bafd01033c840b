//! Slack's incoming webhooks. Limits are those of Block Kit's reference: 3,000 characters in a section, 2,000 in a field,
//! 10 fields, 50 blocks, 2,000 characters in a button's value.

use http::{HeaderValue, Method, header};
use rules::{Message, target};
use serde_json::{Value, json};

use super::SendError;
use super::content::Content;
use super::exchange::Exchange;
use super::text::{escaped, unfenced, without_emoji};
use crate::guard::{Client, Outgoing};

/// Below the limit, since Slack does not say how it counts.
const MAX_SECTION_CHARS: usize = 2_900;
const MAX_FIELD_CHARS: usize = 1_900;
const MAX_FIELDS: usize = 10;

pub(super) async fn send(
    exchange: &Exchange<'_>,
    slack: &target::Slack,
    message: &Message,
    interactive: bool,
) -> Result<(), SendError> {
    exchange.post(slack.endpoint.reveal(), &body(slack, message, interactive)).await?;
    Ok(())
}

/// Answers a press of a button. Slack's address for it is good for half an hour; the answer is for one person, so a failure
/// is not tried again.
pub(super) async fn reply(client: &Client, response_url: &str, text: &str) -> Result<(), SendError> {
    if !client.is_at(response_url, "hooks.slack.com") {
        return Err(SendError::permanent(
            "Slack: `response_url` is not an address of hooks.slack.com: nothing is sent to it",
        ));
    }
    let body = json!({
        "response_type": "ephemeral",
        "replace_original": false,
        "text": literal(text, MAX_SECTION_CHARS),
    });
    let mut outgoing = Outgoing { body: body.to_string().into_bytes(), ..Outgoing::new(Method::POST, response_url) };
    outgoing.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match client.send(outgoing).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(SendError::permanent(format!("Slack answered {} to the reply", answer.status))),
        Err(unsent) => Err(SendError::permanent(format!("Slack: {unsent}"))),
    }
}

/// The request's body.
pub(super) fn body(slack: &target::Slack, message: &Message, interactive: bool) -> Value {
    let content = Content::new(message);
    let mut body = json!({
        // Shown where blocks are not, such as on a phone's lock screen.
        "text": literal(&content.summary, MAX_SECTION_CHARS),
        "blocks": blocks(&content, message, interactive),
        "unfurl_links": false,
        "unfurl_media": false,
    });
    let fields = [
        ("channel", &slack.channel),
        ("username", &slack.username),
        ("icon_emoji", &slack.icon_emoji),
        ("icon_url", &slack.icon_url),
    ];
    for (name, value) in fields {
        if let Some(value) = value {
            body[name] = value.as_str().into();
        }
    }
    body
}

fn blocks(content: &Content, message: &Message, interactive: bool) -> Vec<Value> {
    // Texts of events are plain text, in which nothing means anything: Slack's Markdown has no escape for its marks.
    let mut blocks = vec![plain_section(&format!("{}\n{}", escape(&content.title, 1_000), escape(&content.why, 500)))];
    if let Some(link) = content.link.as_deref().map(|link| link.replace('&', "&amp;")) {
        blocks.push(section(&format!("<{link}|Open in faultline>")));
    }
    let fields = content.facts.iter().take(MAX_FIELDS);
    let fields: Vec<_> = fields
        .map(|(name, value)| plain(&format!("{name}\n{}", escape(value, MAX_FIELD_CHARS - name.len() - 3))))
        .collect();
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    if !content.frames.is_empty() {
        let frames = escape(&content.frames.join("\n"), MAX_SECTION_CHARS - 8);
        blocks.push(section(&format!("```\n{frames}\n```")));
    }
    // Four to a block: each has at most 700 characters. With links, so these are Markdown, and made literal.
    for some in content.listed.chunks(4) {
        let lines = some.iter().map(|listed| {
            format!("• {}\n{}", linked(&listed.title, listed.link.as_deref(), 500), literal(&listed.text, 180))
        });
        blocks.push(section(&lines.collect::<Vec<_>>().join("\n")));
    }
    if let (true, Message::One(notification)) = (interactive, message) {
        let value = format!("{}|{}", notification.project, notification.fingerprint);
        let button = |words: &str, action: &str| {
            json!({
                "type": "button",
                "text": { "type": "plain_text", "text": words },
                "action_id": action,
                "value": value,
            })
        };
        let elements = [button("Resolve", "faultline_resolve"), button("Mute", "faultline_mute")];
        blocks.push(json!({ "type": "actions", "elements": elements }));
    }
    blocks
}

/// A title with its link around it, in at most `max` characters. A link that is longer than a title may be is left out.
fn linked(title: &str, link: Option<&str>, max: usize) -> String {
    match link.map(|link| link.replace('&', "&amp;")).filter(|link| link.len() < max / 2) {
        Some(link) => format!("<{link}|{}>", literal(title, max - link.len() - 3)),
        None => literal(title, max),
    }
}

fn plain_section(words: &str) -> Value {
    json!({ "type": "section", "text": plain(words) })
}

/// Text that is shown as it is, `:wave:` too. Slack takes its three escapes back here as well.
fn plain(words: &str) -> Value {
    json!({ "type": "plain_text", "text": words, "emoji": false })
}

fn section(words: &str) -> Value {
    json!({ "type": "section", "text": text(words) })
}

/// `verbatim` keeps Slack from making links, channels and mentions of words.
fn text(words: &str) -> Value {
    json!({ "type": "mrkdwn", "text": words, "verbatim": true })
}

/// A text on one line in Slack's Markdown, whose marks are kept apart from what they would mark by spaces of no width.
fn literal(text: &str, max: usize) -> String {
    escaped(&without_emoji(text), max, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        '*' => Some("\u{200b}*\u{200b}"),
        '_' => Some("\u{200b}_\u{200b}"),
        '~' => Some("\u{200b}~\u{200b}"),
        '`' => Some("\u{200b}`\u{200b}"),
        _ => None,
    })
}

/// Slack's three escapes: without them `<!channel>` calls everybody, and `<URL|words>` leads anywhere. Nothing begins or
/// ends a block of code either.
fn escape(text: &str, max: usize) -> String {
    escaped(&unfenced(text), max, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    })
}
