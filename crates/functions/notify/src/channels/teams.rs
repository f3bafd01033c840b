//! Microsoft Teams, through the webhook of a workflow ("Post to a channel when a webhook request is received"), which
//! accepts a message with an Adaptive Card. A message may have about 28 KB, but messages over 21 KB have been refused.

use model::occurrence::Level;
use rules::{Message, target};
use serde_json::{Value, json};

use super::SendError;
use super::content::Content;
use super::exchange::Exchange;
use super::text::cut;

/// Maximum number of listed notifications, so that the message fits.
const MAX_LISTED: usize = 15;

pub(super) async fn send(exchange: &Exchange<'_>, hook: &target::Hook, message: &Message) -> Result<(), SendError> {
    exchange.post(hook.endpoint.reveal(), &body(message)).await?;
    Ok(())
}

/// Builds the request's body. All texts are in text runs, which do not support Markdown: they cannot contain links or
/// mentions.
pub(super) fn body(message: &Message) -> Value {
    let content = Content::new(message);
    let colour = match content.level {
        Level::Fatal | Level::Error => "attention",
        Level::Warning => "warning",
        Level::Info | Level::Debug => "default",
    };
    let title =
        json!({ "type": "TextRun", "text": content.title, "weight": "bolder", "size": "medium", "color": colour });
    let mut body = vec![runs(vec![title]), runs(vec![json!({ "type": "TextRun", "text": content.why })])];
    for (name, value) in &content.facts {
        body.push(runs(vec![
            json!({ "type": "TextRun", "text": format!("{name}: "), "weight": "bolder" }),
            json!({ "type": "TextRun", "text": value }),
        ]));
    }
    if !content.frames.is_empty() {
        let mut frames = runs(vec![json!({
            "type": "TextRun",
            "text": content.frames.join("\n"),
            "fontType": "monospace",
            "size": "small",
        })]);
        frames["separator"] = true.into();
        body.push(frames);
    }
    for listed in content.listed.iter().take(MAX_LISTED) {
        let mut title = json!({ "type": "TextRun", "text": cut(&listed.title, 80), "weight": "bolder" });
        if let Some(link) = short(listed.link.as_deref()) {
            title["selectAction"] = json!({ "type": "Action.OpenUrl", "url": link });
        }
        body.push(runs(vec![title, json!({ "type": "TextRun", "text": format!(" {}", listed.text) })]));
    }
    if content.listed.len() > MAX_LISTED {
        let more = format!("… {} more", content.listed.len() - MAX_LISTED);
        body.push(runs(vec![json!({ "type": "TextRun", "text": more })]));
    }
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": content.summary,
        "body": body,
    });
    if let Some(link) = short(content.link.as_deref()) {
        card["actions"] = json!([{ "type": "Action.OpenUrl", "title": "Open", "url": link }]);
    }
    json!({
        "type": "message",
        "attachments": [{
            "contentType": "application/vnd.microsoft.card.adaptive",
            "contentUrl": null,
            "content": card,
        }],
    })
}

/// Returns a link if it is short enough for the message.
fn short(link: Option<&str>) -> Option<&str> {
    link.filter(|link| link.len() <= 300)
}

fn runs(inlines: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": inlines })
}
