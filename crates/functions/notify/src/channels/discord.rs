//! Discord's webhooks. Limits are those of its reference on embeds: 256 characters in a title, 4,096 in a description,
//! 25 fields of 256 and 1,024, and 6,000 in all.

use model::occurrence::Level;
use rules::{Telling, target};
use serde_json::{Value, json};

use super::Failed;
use super::exchange::Exchange;
use super::message::Message;
use super::text::{cut, escaped, unfenced, without_emoji};

/// With eight facts of at most 220 characters each the whole stays below 6,000, also where Discord counts a character
/// outside of the basic plane as two.
const DESCRIPTION: usize = 1_400;
const TITLE: usize = 120;
const VALUE: usize = 150;

pub(super) async fn tell(exchange: &Exchange<'_>, hook: &target::Hook, telling: &Telling) -> Result<(), Failed> {
    exchange.post(hook.endpoint.reveal(), &body(telling)).await?;
    Ok(())
}

/// The request's body.
pub(super) fn body(telling: &Telling) -> Value {
    let message = Message::of(telling);
    let fields: Vec<_> = message
        .facts
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": escape(value, VALUE), "inline": true }))
        .collect();
    let mut embed = json!({
        "title": escape(&message.title, TITLE),
        "description": description(&message),
        "color": colour(message.level),
        "fields": fields,
    });
    if let Some(link) = &message.link {
        embed["url"] = link.as_str().into();
    }
    json!({
        "embeds": [embed],
        // Nobody is called, whatever the text says.
        "allowed_mentions": { "parse": [] },
    })
}

fn description(message: &Message) -> String {
    let mut text = escape(&message.why, 200);
    if !message.frames.is_empty() {
        let frames = unfenced(&message.frames.join("\n"));
        text.push_str(&format!("\n```\n{}\n```", cut(&frames, DESCRIPTION - 220)));
    }
    for (listed, entry) in message.listed.iter().enumerate() {
        let title = escape(&entry.title, 80);
        let title = match entry.link.as_deref().filter(|link| link.len() < 200) {
            // A bracket ends the link.
            Some(link) => format!("[{title}]({})", link.replace('(', "%28").replace(')', "%29")),
            None => title,
        };
        let line = format!("\n• {title}: {}", escape(&entry.text, 120));
        if text.chars().count() + line.chars().count() > DESCRIPTION * 3 / 2 {
            text.push_str(&format!("\n… {} more", message.listed.len() - listed));
            break;
        }
        text.push_str(&line);
    }
    text
}

/// Red for what stops, orange for errors, yellow for warnings, blue for the rest.
fn colour(level: Level) -> u32 {
    match level {
        Level::Fatal => 0xb4_23_18,
        Level::Error => 0xe0_5d_1f,
        Level::Warning => 0xd9_a4_06,
        Level::Info | Level::Debug => 0x2f_6f_b3,
    }
}

/// Discord's Markdown, with a backslash before all that means something in it.
fn escape(text: &str, max: usize) -> String {
    escaped(&without_emoji(text), max, |c| {
        Some(match c {
            '\\' => "\\\\",
            '*' => "\\*",
            '_' => "\\_",
            '~' => "\\~",
            '`' => "\\`",
            '|' => "\\|",
            '<' => "\\<",
            '>' => "\\>",
            '[' => "\\[",
            ']' => "\\]",
            '(' => "\\(",
            ')' => "\\)",
            '#' => "\\#",
            // Not a mention in any case; this keeps it from looking like one.
            '@' => "@\u{200b}",
            _ => return None,
        })
    })
}
