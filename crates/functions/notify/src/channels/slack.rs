//! Slack's incoming webhooks. Limits are those of Block Kit's reference: 3,000 characters in a section, 2,000 in a field,
//! 10 fields, 50 blocks, 2,000 characters in a button's value.

use http::{HeaderValue, Method, header};
use rules::{Telling, target};
use serde_json::{Value, json};

use super::Failed;
use super::exchange::Exchange;
use super::message::Message;
use super::text::{escaped, unfenced, without_emoji};
use crate::guard::{Client, Outgoing};

/// Below the limit, since Slack does not say how it counts.
const SECTION: usize = 2_900;
const FIELD: usize = 1_900;
const FIELDS: usize = 10;

pub(super) async fn tell(
    exchange: &Exchange<'_>,
    slack: &target::Slack,
    telling: &Telling,
    interactive: bool,
) -> Result<(), Failed> {
    exchange.post(slack.endpoint.reveal(), &body(slack, telling, interactive)).await?;
    Ok(())
}

/// Answers a press of a button. Slack's address for it is good for half an hour; the answer is for one person, so a failure
/// is not tried again.
pub(super) async fn reply(client: &Client, response_url: &str, text: &str) -> Result<(), Failed> {
    if !client.is_at(response_url, "hooks.slack.com") {
        return Err(Failed::never("Slack: `response_url` is not an address of hooks.slack.com: nothing is sent to it"));
    }
    let body = json!({
        "response_type": "ephemeral",
        "replace_original": false,
        "text": literal(text, SECTION),
    });
    let mut outgoing = Outgoing { body: body.to_string().into_bytes(), ..Outgoing::new(Method::POST, response_url) };
    outgoing.headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    match client.send(outgoing).await {
        Ok(answer) if answer.status.is_success() => Ok(()),
        Ok(answer) => Err(Failed::never(format!("Slack answered {} to the reply", answer.status))),
        Err(unsent) => Err(Failed::never(format!("Slack: {unsent}"))),
    }
}

/// The request's body.
pub(super) fn body(slack: &target::Slack, telling: &Telling, interactive: bool) -> Value {
    let message = Message::of(telling);
    let mut body = json!({
        // Shown where blocks are not, such as on a phone's lock screen.
        "text": literal(&message.summary, SECTION),
        "blocks": blocks(&message, telling, interactive),
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

fn blocks(message: &Message, telling: &Telling, interactive: bool) -> Vec<Value> {
    // Texts of events are plain text, in which nothing means anything: Slack's Markdown has no escape for its marks.
    let mut blocks = vec![plain_section(&format!("{}\n{}", escape(&message.title, 1_000), escape(&message.why, 500)))];
    if let Some(link) = message.link.as_deref().map(|link| link.replace('&', "&amp;")) {
        blocks.push(section(&format!("<{link}|Open in faultline>")));
    }
    let fields = message.facts.iter().take(FIELDS);
    let fields: Vec<_> =
        fields.map(|(name, value)| plain(&format!("{name}\n{}", escape(value, FIELD - name.len() - 3)))).collect();
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    if !message.frames.is_empty() {
        let frames = escape(&message.frames.join("\n"), SECTION - 8);
        blocks.push(section(&format!("```\n{frames}\n```")));
    }
    // Four to a block: each has at most 700 characters. With links, so these are Markdown, and made literal.
    for some in message.listed.chunks(4) {
        let lines = some.iter().map(|listed| {
            format!("• {}\n{}", linked(&listed.title, listed.link.as_deref(), 500), literal(&listed.text, 180))
        });
        blocks.push(section(&lines.collect::<Vec<_>>().join("\n")));
    }
    if let (true, Telling::One(notice)) = (interactive, telling) {
        let value = format!("{}|{}", notice.project, notice.fingerprint);
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
