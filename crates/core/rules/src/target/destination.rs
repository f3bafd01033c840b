use super::{Target, Template};
use model::id::Fingerprint;

const GITHUB: &str = "https://api.github.com";
const GITLAB: &str = "https://gitlab.com";

impl Target {
    /// Identifies the destination, as 32 hexadecimal digits of a SHA-256, which do not reveal the address. Two targets
    /// that reach the same channel, repository or email addresses have the same destination, whatever token they use.
    pub fn destination(&self) -> String {
        let tracker = |base: Option<&str>, usual: &str, owner: &str, repo: &str| {
            vec![base.unwrap_or(usual).trim_end_matches('/').to_owned(), owner.to_owned(), repo.to_owned()]
                .into_iter()
                // Neither service distinguishes case here, and neither do host names.
                .map(|part| part.to_ascii_lowercase())
                .collect()
        };
        let (kind, parts): (_, Vec<String>) = match self {
            Self::Slack(slack) => {
                ("slack", vec![slack.endpoint.reveal().to_owned(), slack.channel.clone().unwrap_or_default()])
            }
            Self::GitHub(github) => {
                ("github", tracker(github.endpoint.as_deref(), GITHUB, &github.owner, &github.repo))
            }
            Self::GitLab(gitlab) => {
                ("gitlab", tracker(gitlab.endpoint.as_deref(), GITLAB, &gitlab.owner, &gitlab.repo))
            }
            Self::Webhook(webhook) => {
                // Chats of one bot share an endpoint. Their templates differ.
                let template = webhook.template.as_ref().map(Template::to_string);
                ("webhook", [webhook.endpoint.reveal().to_owned()].into_iter().chain(template).collect())
            }
            Self::Email(email) => {
                let mut to = email.to.clone();
                to.sort();
                ("email", to)
            }
            Self::Discord(hook) => ("discord", vec![hook.endpoint.reveal().to_owned()]),
            Self::Teams(hook) => ("teams", vec![hook.endpoint.reveal().to_owned()]),
            // The key names the service or team that is called.
            Self::PagerDuty(target) => ("pagerduty", vec![target.routing_key.reveal().to_owned()]),
            Self::Opsgenie(target) => ("opsgenie", vec![target.api_key.reveal().to_owned()]),
            Self::IncidentIo(target) => ("incidentio", vec![target.endpoint.reveal().to_owned()]),
        };
        let parts = std::iter::once(kind).chain(parts.iter().map(String::as_str));
        Fingerprint::of("destination:1", parts).to_string()
    }
}
