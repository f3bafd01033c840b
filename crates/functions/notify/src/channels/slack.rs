//! Slack's incoming webhooks. The limits are from Block Kit's reference: 3,000 characters in a section, 2,000 in a
//! field, 10 fields, 50 blocks, 2,000 characters in a button's value.

use http::{HeaderValue, Method, header};
use rules::{Message, target};
use serde_json::{Value, json};

use super::SendError;
use super::content::Content;
use super::exchange::Exchange;
use super::text::{escaped, unfenced, without_emoji};
use crate::guard::{Client, Outgoing};

/// Below the limit, because Slack does not document how it counts.
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

/// Replies to a button press. Slack's URL for it is valid for half an hour. The reply is for one person only, so a
/// failure is not retried.
pub(super) async fn reply(client: &Client, response_url: &str, text: &str) -> Result<(), SendError> {
    if !client.is_at(response_url, "hooks.slack.com") {
        return Err(SendError::permanent("Slack: `response_url` is not a URL of hooks.slack.com: nothing was sent"));
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

/// Builds the request's body.
pub(super) fn body(slack: &target::Slack, message: &Message, interactive: bool) -> Value {
    let content = Content::new(message);
    let mut body = json!({
        // Shown where blocks are not shown, such as on a phone's lock screen.
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
    // Texts from events are sent as plain text, because Slack's Markdown has no way to escape its marks.
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
    // Four entries per block: each has at most 700 characters. They contain links, so they are Markdown, and their
    // texts are made literal.
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

/// Formats a title as a link, in at most `max` characters. A link that takes more than half of them is left out.
fn linked(title: &str, link: Option<&str>, max: usize) -> String {
    match link.map(|link| link.replace('&', "&amp;")).filter(|link| link.len() < max / 2) {
        Some(link) => format!("<{link}|{}>", literal(title, max - link.len() - 3)),
        None => literal(title, max),
    }
}

fn plain_section(words: &str) -> Value {
    json!({ "type": "section", "text": plain(words) })
}

/// Plain text: it is shown as it is, including `:wave:`. Slack decodes its three escapes here as well.
fn plain(words: &str) -> Value {
    json!({ "type": "plain_text", "text": words, "emoji": false })
}

fn section(words: &str) -> Value {
    json!({ "type": "section", "text": text(words) })
}

/// Markdown. `verbatim` stops Slack from turning words into links, channels and mentions.
fn text(words: &str) -> Value {
    json!({ "type": "mrkdwn", "text": words, "verbatim": true })
}

/// Makes text literal in Slack's Markdown: zero-width spaces separate its marks from the words that they would format.
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

/// Escapes the three special characters of Slack. Without that, `<!channel>` would notify everybody, and `<URL|words>`
/// could link anywhere. Also breaks up fences, so that the text cannot begin or end a code block.
fn escape(text: &str, max: usize) -> String {
    escaped(&unfenced(text), max, |c| match c {
        '&' => Some("&amp;"),
        '<' => Some("&lt;"),
        '>' => Some("&gt;"),
        _ => None,
    })
}
