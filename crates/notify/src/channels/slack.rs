//! Slack's incoming webhooks. Limits are those of Block Kit's reference: 3,000 characters in a section, 2,000 in a field,
//! 10 fields, 50 blocks, 2,000 characters in a button's value.

use domain::notify::{Telling, target};
use serde_json::{Value, json};

use super::Failed;
use super::exchange::Exchange;
use super::message::Message;
use super::text::{escaped, unfenced};

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

/// The request's body.
pub(super) fn body(slack: &target::Slack, telling: &Telling, interactive: bool) -> Value {
    let message = Message::of(telling);
    let mut body = json!({
        // Shown where blocks are not, such as on a phone's lock screen.
        "text": escape(&message.summary, SECTION),
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
    let title = linked(&message.title, message.link.as_deref(), 1_000);
    let mut blocks = vec![section(&format!("*{title}*\n{}", escape(&message.why, 500)))];
    let fields = message.facts.iter().take(FIELDS);
    let fields: Vec<_> =
        fields.map(|(name, value)| text(&format!("*{name}*\n{}", escape(value, FIELD - name.len() - 3)))).collect();
    if !fields.is_empty() {
        blocks.push(json!({ "type": "section", "fields": fields }));
    }
    if !message.frames.is_empty() {
        let frames = escape(&message.frames.join("\n"), SECTION - 8);
        blocks.push(section(&format!("```\n{frames}\n```")));
    }
    // Four to a block: each has at most 700 characters.
    for some in message.listed.chunks(4) {
        let lines = some.iter().map(|listed| {
            format!("• {}\n{}", linked(&listed.title, listed.link.as_deref(), 500), escape(&listed.text, 180))
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
        Some(link) => format!("<{link}|{}>", escape(title, max - link.len() - 3)),
        None => escape(title, max),
    }
}

fn section(words: &str) -> Value {
    json!({ "type": "section", "text": text(words) })
}

/// `verbatim` keeps Slack from making links, channels and mentions of words.
fn text(words: &str) -> Value {
    json!({ "type": "mrkdwn", "text": words, "verbatim": true })
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
