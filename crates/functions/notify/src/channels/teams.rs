//! Microsoft Teams, by the webhook of a workflow ("Post to a channel when a webhook request is received"), which takes a
//! message with an Adaptive Card. A message may have some 28 KB; more than 21 KB were seen refused.

use model::occurrence::Level;
use rules::{Telling, target};
use serde_json::{Value, json};

use super::Failed;
use super::exchange::Exchange;
use super::message::Message;
use super::text::cut;

/// The most of what was collected that fits.
const LISTED: usize = 15;

pub(super) async fn tell(exchange: &Exchange<'_>, hook: &target::Hook, telling: &Telling) -> Result<(), Failed> {
    exchange.post(hook.endpoint.reveal(), &body(telling)).await?;
    Ok(())
}

/// The request's body. All words are in text runs, which know no Markdown: nothing in them can be a link or a mention.
pub(super) fn body(telling: &Telling) -> Value {
    let message = Message::of(telling);
    let colour = match message.level {
        Level::Fatal | Level::Error => "attention",
        Level::Warning => "warning",
        Level::Info | Level::Debug => "default",
    };
    let title =
        json!({ "type": "TextRun", "text": message.title, "weight": "bolder", "size": "medium", "color": colour });
    let mut body = vec![runs(vec![title]), runs(vec![json!({ "type": "TextRun", "text": message.why })])];
    for (name, value) in &message.facts {
        body.push(runs(vec![
            json!({ "type": "TextRun", "text": format!("{name}: "), "weight": "bolder" }),
            json!({ "type": "TextRun", "text": value }),
        ]));
    }
    if !message.frames.is_empty() {
        let mut frames = runs(vec![json!({
            "type": "TextRun",
            "text": message.frames.join("\n"),
            "fontType": "monospace",
            "size": "small",
        })]);
        frames["separator"] = true.into();
        body.push(frames);
    }
    for listed in message.listed.iter().take(LISTED) {
        let mut title = json!({ "type": "TextRun", "text": cut(&listed.title, 80), "weight": "bolder" });
        if let Some(link) = short(listed.link.as_deref()) {
            title["selectAction"] = json!({ "type": "Action.OpenUrl", "url": link });
        }
        body.push(runs(vec![title, json!({ "type": "TextRun", "text": format!(" {}", listed.text) })]));
    }
    if message.listed.len() > LISTED {
        let more = format!("… {} more", message.listed.len() - LISTED);
        body.push(runs(vec![json!({ "type": "TextRun", "text": more })]));
    }
    let mut card = json!({
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "fallbackText": message.summary,
        "body": body,
    });
    if let Some(link) = short(message.link.as_deref()) {
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

/// A link, unless it takes more of the message than it may.
fn short(link: Option<&str>) -> Option<&str> {
    link.filter(|link| link.len() <= 300)
}

fn runs(inlines: Vec<Value>) -> Value {
    json!({ "type": "RichTextBlock", "inlines": inlines })
}
