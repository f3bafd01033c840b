//! Fake Slack, Discord and Teams servers, and a receiver of faultline's own webhook.

use serde_json::{Value, json};

use super::{FakeServer, Received, Reply};

/// The secret part of the Slack webhook's path.
pub const SLACK_TOKEN: &str = "XXXXsecretXXXXsecretXXXX";
/// The secret part of the Discord webhook's path.
pub const DISCORD_TOKEN: &str = "dIsCoRd-secret_token-68-characters-long";
/// The secret part of the Teams workflow's query.
pub const TEAMS_SIGNATURE: &str = "teams/secret+signature=";

/// Slack's incoming webhooks: `/services/T0001/B0002/SLACK_TOKEN`.
pub async fn slack() -> (FakeServer, String) {
    let fake = FakeServer::start(slack_service).await;
    let endpoint = format!("{}/services/T0001/B0002/{SLACK_TOKEN}", fake.url());
    (fake, endpoint)
}

fn slack_service(received: &Received) -> Reply {
    if received.path != format!("/services/T0001/B0002/{SLACK_TOKEN}") {
        return Reply::new(404, "no_service");
    }
    if received.method != "POST" || received.header("content-type") != "application/json" {
        return Reply::new(400, "invalid_payload");
    }
    let body = received.json();
    let known = ["text", "blocks", "channel", "username", "icon_emoji", "icon_url", "unfurl_links", "unfurl_media"];
    if !body.as_object().is_some_and(|body| body.keys().all(|key| known.contains(&key.as_str()))) {
        return Reply::new(400, "invalid_payload");
    }
    if body["text"].as_str().unwrap_or_default().is_empty() {
        return Reply::new(400, "no_text");
    }
    let Some(blocks) = body["blocks"].as_array().filter(|blocks| (1..=50).contains(&blocks.len())) else {
        return Reply::new(400, "invalid_blocks_format");
    };
    match blocks.iter().all(slack_block) {
        true => Reply::new(200, "ok"),
        false => Reply::new(400, "invalid_blocks"),
    }
}

fn slack_block(block: &Value) -> bool {
    let fits = |text: &Value, max: usize| {
        matches!(text["type"].as_str(), Some("mrkdwn" | "plain_text"))
            && text["text"].as_str().is_some_and(|text| (1..=max).contains(&text.chars().count()))
    };
    match block["type"].as_str() {
        Some("section") => {
            let fields = block["fields"].as_array();
            (block["text"].is_null() || fits(&block["text"], 3_000))
                && fields.is_none_or(|all| (1..=10).contains(&all.len()) && all.iter().all(|text| fits(text, 2_000)))
                && (fields.is_some() || block["text"].is_object())
        }
        Some("actions") => block["elements"].as_array().is_some_and(|elements| {
            (1..=25).contains(&elements.len())
                && elements.iter().all(|button| {
                    button["type"] == "button"
                        && fits(&button["text"], 75)
                        && button["text"]["type"] == "plain_text"
                        && button["action_id"].as_str().is_some_and(|id| id.len() <= 255)
                        && button["value"].as_str().is_some_and(|value| value.chars().count() <= 2_000)
                })
        }),
        _ => false,
    }
}

/// Discord's webhooks: `/api/webhooks/42/DISCORD_TOKEN`.
pub async fn discord() -> (FakeServer, String) {
    let fake = FakeServer::start(discord_service).await;
    let endpoint = format!("{}/api/webhooks/42/{DISCORD_TOKEN}", fake.url());
    (fake, endpoint)
}

fn discord_service(received: &Received) -> Reply {
    if received.path != format!("/api/webhooks/42/{DISCORD_TOKEN}") {
        return Reply::json(404, &json!({ "message": "Unknown Webhook", "code": 10015 }));
    }
    let body = received.json();
    let length = |value: &Value| value.as_str().map_or(0, |text| text.encode_utf16().count());
    let mut whole = 0;
    let embeds = body["embeds"].as_array().cloned().unwrap_or_default();
    let good = embeds.iter().all(|embed| {
        let fields = embed["fields"].as_array().cloned().unwrap_or_default();
        whole += length(&embed["title"]) + length(&embed["description"]);
        whole += fields.iter().map(|field| length(&field["name"]) + length(&field["value"])).sum::<usize>();
        length(&embed["title"]) <= 256
            && length(&embed["description"]) <= 4_096
            && fields.len() <= 25
            && fields.iter().all(|field| {
                (1..=256).contains(&length(&field["name"])) && (1..=1_024).contains(&length(&field["value"]))
            })
            && embed["color"].as_u64().is_some_and(|colour| colour <= 0xff_ff_ff)
    });
    let quiet = body["allowed_mentions"] == json!({ "parse": [] });
    let posted = received.method == "POST" && received.header("content-type") == "application/json";
    if posted && good && quiet && (1..=10).contains(&embeds.len()) && whole <= 6_000 {
        Reply::new(204, "")
    } else {
        Reply::json(400, &json!({ "code": 50035, "message": "Invalid Form Body" }))
    }
}

/// A Teams workflow: `/workflows/f00d/triggers/manual/paths/invoke?…&sig=TEAMS_SIGNATURE`.
pub async fn teams() -> (FakeServer, String) {
    let fake = FakeServer::start(teams_service).await;
    let mut endpoint = url::Url::parse(&fake.url()).expect("a URL");
    endpoint.set_path("/workflows/f00d/triggers/manual/paths/invoke");
    endpoint
        .query_pairs_mut()
        .extend_pairs([("api-version", "2016-06-01"), ("sp", "/triggers/manual/run"), ("sv", "1.0")])
        .append_pair("sig", TEAMS_SIGNATURE);
    (fake, endpoint.to_string())
}

fn teams_service(received: &Received) -> Reply {
    if received.query("sig") != TEAMS_SIGNATURE {
        let error = json!({ "error": { "code": "AuthorizationFailed", "message": "The authentication credentials are not valid." } });
        return Reply::json(401, &error);
    }
    let body = received.json();
    let card = &body["attachments"][0];
    let content = &card["content"];
    let runs = |block: &Value| {
        block["type"] == "RichTextBlock"
            && block["inlines"].as_array().is_some_and(|runs| {
                !runs.is_empty() && runs.iter().all(|run| run["type"] == "TextRun" && run["text"].is_string())
            })
    };
    let good = received.method == "POST"
        && received.header("content-type") == "application/json"
        && received.body.len() <= 21_000
        && body["type"] == "message"
        && card["contentType"] == "application/vnd.microsoft.card.adaptive"
        && content["type"] == "AdaptiveCard"
        && content["version"] == "1.4"
        && content["body"].as_array().is_some_and(|blocks| !blocks.is_empty() && blocks.iter().all(runs));
    if good { Reply::new(202, "") } else { Reply::json(400, &json!({ "error": { "code": "InvalidRequestContent" } })) }
}

/// A receiver of faultline's own webhook: `/hooks/a-path-that-is-secret`.
pub async fn webhook() -> (FakeServer, String) {
    let fake = FakeServer::start(|received| {
        let posted = received.method == "POST" && received.header("content-type") == "application/json";
        match posted && received.json()["version"] == 1 && !received.header("x-faultline-delivery").is_empty() {
            true => Reply::new(204, ""),
            false => Reply::new(400, "not from faultline"),
        }
    })
    .await;
    let endpoint = format!("{}/hooks/a-path-that-is-secret", fake.url());
    (fake, endpoint)
}
