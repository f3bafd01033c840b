//! Discord's webhooks. The limits are from Discord's reference on embeds: 256 characters in a title, 4,096 in a
//! description, 25 fields with 256 characters in the name and 1,024 in the value, 6,000 in total.

use model::occurrence::Level;
use rules::{Message, target};
use serde_json::{Value, json};

use super::SendError;
use super::content::Content;
use super::exchange::Exchange;
use super::text::{cut, escaped, unfenced, without_emoji};

/// With eight facts of at most 220 characters each, an embed stays below 6,000, even if Discord counts a character
/// outside the basic multilingual plane as two.
const MAX_DESCRIPTION_CHARS: usize = 1_400;
const MAX_TITLE_CHARS: usize = 120;
const MAX_VALUE_CHARS: usize = 150;

pub(super) async fn send(exchange: &Exchange<'_>, hook: &target::Hook, message: &Message) -> Result<(), SendError> {
    exchange.post(hook.endpoint.reveal(), &body(message)).await?;
    Ok(())
}

/// Builds the request's body.
pub(super) fn body(message: &Message) -> Value {
    let content = Content::new(message);
    let fields: Vec<_> = content
        .facts
        .iter()
        .map(|(name, value)| json!({ "name": name, "value": escape(value, MAX_VALUE_CHARS), "inline": true }))
        .collect();
    let mut embed = json!({
        "title": escape(&content.title, MAX_TITLE_CHARS),
        "description": description(&content),
        "color": colour(content.level),
        "fields": fields,
    });
    if let Some(link) = &content.link {
        embed["url"] = link.as_str().into();
    }
    json!({
        "embeds": [embed],
        // The message mentions nobody, whatever its text says.
        "allowed_mentions": { "parse": [] },
    })
}

fn description(content: &Content) -> String {
    let mut text = escape(&content.why, 200);
    if !content.frames.is_empty() {
        let frames = unfenced(&content.frames.join("\n"));
        text.push_str(&format!("\n```\n{}\n```", cut(&frames, MAX_DESCRIPTION_CHARS - 220)));
    }
    for (listed, entry) in content.listed.iter().enumerate() {
        let title = escape(&entry.title, 80);
        let title = match entry.link.as_deref().filter(|link| link.len() < 200) {
            // A parenthesis would end the link.
            Some(link) => format!("[{title}]({})", link.replace('(', "%28").replace(')', "%29")),
            None => title,
        };
        let line = format!("\n• {title}: {}", escape(&entry.text, 120));
        if text.chars().count() + line.chars().count() > MAX_DESCRIPTION_CHARS * 3 / 2 {
            text.push_str(&format!("\n… {} more", content.listed.len() - listed));
            break;
        }
        text.push_str(&line);
    }
    text
}

/// Returns red for fatal errors, orange for errors, yellow for warnings, blue for the rest.
fn colour(level: Level) -> u32 {
    match level {
        Level::Fatal => 0xb4_23_18,
        Level::Error => 0xe0_5d_1f,
        Level::Warning => 0xd9_a4_06,
        Level::Info | Level::Debug => 0x2f_6f_b3,
    }
}

/// Escapes Discord's Markdown with backslashes.
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
            // Never a mention, because of `allowed_mentions`; this keeps it from looking like one.
            '@' => "@\u{200b}",
            _ => return None,
        })
    })
}
