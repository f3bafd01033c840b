//! Targets as people write them: in a project's rules, and in v1's three forms with an error.

use serde_json::Value;

use super::{Email, GitHub, GitLab, Hook, IfExist, IncidentIo, Opsgenie, PagerDuty, Slack, Target, Template, Webhook};
use crate::document::Object;
use model::outcome::{Reason, Refusal};

/// Maximum lengths of a name or label, and of an email address, in bytes.
pub(super) const MAX_NAME: usize = 255;
pub(super) const MAX_ADDRESS: usize = 254;
pub(super) const MAX_LABELS: usize = 20;
/// SES allows no more recipients in one email.
pub(super) const MAX_ADDRESSES: usize = 50;

const TYPES: &str = "slack, github, gitlab, webhook, email, discord, teams, pagerduty, opsgenie, incidentio";
const IF_EXIST: &str = "reopen-and-comment, reopen, reopen-and-update, comment, none";

impl Target {
    /// Reads an object from a project's rules. Unknown keys are refused, and so are values that no service would
    /// accept. The path in the refusal begins at the object. Whether faultline may send to the address is not checked
    /// here.
    pub fn parse(target: &Value) -> Result<Self, Refusal> {
        Self::parse_at(target, Vec::new())
    }

    pub(crate) fn parse_at(target: &Value, path: Vec<String>) -> Result<Self, Refusal> {
        let object = Object::of(target, path, Reason::BodyInvalid)?;
        let mut keys = vec!["type"];
        let kind = object.needed("type", MAX_NAME, &format!("one of {TYPES}"))?;
        keys.extend(match kind {
            "slack" => &["endpoint", "channel", "username", "iconEmoji", "iconUrl", "icon_emoji", "icon_url"][..],
            "github" => &["userToken", "owner", "repo", "endpoint", "labels", "if_exist", "ifExist"],
            "gitlab" => &["personalAccessToken", "owner", "repo", "endpoint", "labels", "if_exist", "ifExist"],
            "webhook" => &["endpoint", "secret", "authorization", "template"],
            "email" => &["to"],
            "pagerduty" => &["routingKey", "endpoint"],
            "opsgenie" => &["apiKey", "endpoint"],
            "incidentio" => &["endpoint", "token"],
            _ => &["endpoint"],
        });
        let target = match kind {
            "webhook" => Self::Webhook(Webhook {
                endpoint: object.needed_url("endpoint", "the URL to send JSON to")?,
                secret: object.secret("secret")?,
                authorization: object.header("authorization")?,
                template: template(&object)?,
            }),
            "email" => Self::Email(email(&object)?),
            "discord" => Self::Discord(hook(&object)?),
            "teams" => Self::Teams(hook(&object)?),
            "pagerduty" => Self::PagerDuty(PagerDuty {
                routing_key: object
                    .needed_secret("routingKey", "the integration key of an Events API v2 integration")?,
                endpoint: object.url("endpoint")?.map(str::to_owned),
            }),
            "opsgenie" => Self::Opsgenie(Opsgenie {
                api_key: object.needed_secret("apiKey", "the key of an API integration")?,
                endpoint: object.url("endpoint")?.map(str::to_owned),
            }),
            "incidentio" => Self::IncidentIo(IncidentIo {
                endpoint: object.needed_url("endpoint", "the URL of an HTTP alert source")?,
                token: object.needed_secret("token", "the token of the alert source")?,
            }),
            kind => match Self::v1(kind, &object)? {
                Some(target) => target,
                None => return Err(object.refusal("type", format!("`type` is not known: use one of {TYPES}"))),
            },
        };
        object.only(&keys)?;
        Ok(target)
    }

    /// Reads one of v1's three types. Returns `None` for any other type.
    pub(crate) fn v1(kind: &str, object: &Object<'_>) -> Result<Option<Self>, Refusal> {
        Ok(Some(match kind {
            "slack" => Self::Slack(slack(object)?),
            "github" => Self::GitHub(github(object)?),
            "gitlab" => Self::GitLab(gitlab(object)?),
            _ => return Ok(None),
        }))
    }
}

fn slack(object: &Object<'_>) -> Result<Slack, Refusal> {
    let text = |key| Ok(object.text(key, MAX_NAME)?.map(str::to_owned));
    let icon_url = match object.url("iconUrl")? {
        None => object.url("icon_url")?,
        url => url,
    };
    Ok(Slack {
        endpoint: object.needed_url("endpoint", "the URL of an incoming webhook")?,
        channel: text("channel")?,
        username: text("username")?,
        icon_emoji: text("iconEmoji")?.map_or_else(|| text("icon_emoji"), |emoji| Ok(Some(emoji)))?,
        icon_url: icon_url.map(str::to_owned),
    })
}

fn github(object: &Object<'_>) -> Result<GitHub, Refusal> {
    Ok(GitHub {
        user_token: object.needed_secret("userToken", "a token that may write issues")?,
        owner: name(object, "owner", "the user or organisation that owns the repository")?,
        repo: name(object, "repo", "the repository's name")?,
        endpoint: object.url("endpoint")?.map(str::to_owned),
        labels: labels(object)?,
        if_exist: if_exist(object)?,
    })
}

fn gitlab(object: &Object<'_>) -> Result<GitLab, Refusal> {
    let owner = object.needed("owner", MAX_NAME, "the user or group that owns the project")?;
    if !owner.split('/').all(is_name) {
        return Err(object.refusal("owner", "`owner` is not a user or group: send `group`, or `group/subgroup`"));
    }
    Ok(GitLab {
        personal_access_token: object.needed_secret("personalAccessToken", "a token that may write issues")?,
        owner: owner.to_owned(),
        repo: name(object, "repo", "the project's name, as in its address")?,
        endpoint: object.url("endpoint")?.map(str::to_owned),
        labels: labels(object)?,
        if_exist: if_exist(object)?,
    })
}

fn email(object: &Object<'_>) -> Result<Email, Refusal> {
    let to = object.texts("to", MAX_ADDRESSES, MAX_ADDRESS)?;
    if to.is_empty() {
        return Err(object.refusal("to", "`to` is missing: send a list of email addresses"));
    }
    match to.iter().position(|address| !is_address(address)) {
        Some(index) => {
            let mut refusal = object
                .refusal("to", "an entry of `to` is not an email address: send `name@host`, without a display name");
            refusal.path.push(index.to_string());
            Err(refusal)
        }
        None => Ok(Email { to: to.into_iter().map(str::to_owned).collect() }),
    }
}

fn template(object: &Object<'_>) -> Result<Option<Template>, Refusal> {
    let parse = |value| {
        Template::parse(value).map_err(|error| {
            let mut refusal = object.refusal("template", error.message);
            refusal.path.extend(error.path);
            refusal
        })
    };
    object.value("template").map(parse).transpose()
}

fn hook(object: &Object<'_>) -> Result<Hook, Refusal> {
    Ok(Hook { endpoint: object.needed_url("endpoint", "the URL of a webhook")? })
}

fn name(object: &Object<'_>, key: &str, what: &str) -> Result<String, Refusal> {
    let name = object.needed(key, MAX_NAME, what)?;
    match is_name(name) {
        true => Ok(name.to_owned()),
        false => Err(object
            .refusal(key, format!("`{key}` has characters other than letters, digits, `-`, `_` and `.`: send {what}"))),
    }
}

/// Whether a text can be a part of a path in GitHub or GitLab, without leading elsewhere.
fn is_name(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    !text.is_empty() && text != "." && text != ".." && text.bytes().all(fits)
}

fn is_address(text: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_graphic() && !br#",;<>()[]"\:"#.contains(&byte);
    text.split_once('@').is_some_and(|(name, host)| {
        !name.is_empty() && !host.is_empty() && !host.contains('@') && text.bytes().all(fits)
    })
}

fn labels(object: &Object<'_>) -> Result<Vec<String>, Refusal> {
    Ok(object.texts("labels", MAX_LABELS, MAX_NAME)?.into_iter().map(str::to_owned).collect())
}

fn if_exist(object: &Object<'_>) -> Result<IfExist, Refusal> {
    let key = if object.value("if_exist").is_some() { "if_exist" } else { "ifExist" };
    match object.text(key, MAX_NAME)? {
        None => Ok(IfExist::default()),
        Some("reopen-and-comment" | "reopen-and-commend") => Ok(IfExist::ReopenAndComment),
        Some("reopen") => Ok(IfExist::Reopen),
        Some("reopen-and-update") => Ok(IfExist::ReopenAndUpdate),
        Some("comment") => Ok(IfExist::Comment),
        Some("none") => Ok(IfExist::None),
        Some(_) => Err(object.refusal(key, format!("`{key}` is not known: use one of {IF_EXIST}"))),
    }
}
