//! The ways to tell somebody. Each channel is a module that makes its request purely, sends it, and understands the
//! answer.

mod discord;
mod exchange;
mod failed;
mod mail;
mod message;
mod secrets;
mod ses;
mod slack;
mod teams;
mod tell;
mod text;
mod tracker;
mod webhook;

use std::sync::Arc;

pub use failed::Failed;
pub use mail::{Letter, Mailer};
use rules::{Target, Telling};
pub use ses::Ses;
use store::clock::Clock;
pub use tell::{Tell, Told};

use self::exchange::Exchange;
use crate::guard::Client;
pub use crate::marker::IssueKey;
use crate::marker::Mark;

/// An issue of a tracker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Issue {
    /// Its number in its repository or project.
    pub number: u64,
    /// Where people read it.
    pub url: String,
}

/// All channels, over one HTTP client. Cheap to clone.
#[derive(Clone)]
pub struct Channels {
    client: Client,
    mailer: Option<Arc<dyn Mailer>>,
    clock: Arc<dyn Clock>,
    interactive: bool,
    issue_key: IssueKey,
}

impl Channels {
    /// Over `client`, and over `mailer` if mail can be sent.
    pub fn new(client: Client, mailer: Option<Arc<dyn Mailer>>, clock: Arc<dyn Clock>) -> Self {
        Self { client, mailer, clock, interactive: false, issue_key: IssueKey::default() }
    }

    /// The same, whose Slack messages have buttons to resolve and to mute if `interactive`: for projects whose rules
    /// hold Slack's signing secret. Their action ids are `faultline_resolve` and `faultline_mute`, their value
    /// `PROJECT|FINGERPRINT`.
    pub fn interactive(mut self, interactive: bool) -> Self {
        self.interactive = interactive;
        self
    }

    /// The same, whose issues are marked by this key: only an issue that has such a mark is taken for the error's.
    pub fn marking(mut self, key: IssueKey) -> Self {
        self.issue_key = key;
        self
    }

    /// Sends `telling` to `target`. `issue` is the one that the target is known to have for the error; what is answered is
    /// the one that it has now, if it is a tracker. A tracker is told about one error at a time: what was collected about
    /// several fails for good, and that a project is limited makes no issue.
    ///
    /// Two at once for the same error and tracker may make two issues: whoever calls keeps them from it.
    pub async fn tell(
        &self,
        target: &Target,
        telling: &Telling,
        issue: Option<&Issue>,
    ) -> Result<Option<Issue>, Failed> {
        let mark = Mark::new(&self.issue_key, target);
        let exchange = Exchange::new(&self.client, target, self.clock.now());
        match target {
            Target::Slack(slack) => slack::tell(&exchange, slack, telling, self.interactive).await.map(|()| None),
            Target::Webhook(webhook) => webhook::tell(&exchange, webhook, telling).await.map(|()| None),
            Target::Mail(mail) => mail::tell(self.mailer.as_deref(), mail, telling).await.map(|()| None),
            Target::Discord(hook) => discord::tell(&exchange, hook, telling).await.map(|()| None),
            Target::Teams(hook) => teams::tell(&exchange, hook, telling).await.map(|()| None),
            Target::GitHub(github) => {
                tracker::tell(&tracker::GitHub::new(&exchange, github)?, github.if_exist, telling, issue, &mark).await
            }
            Target::GitLab(gitlab) => {
                tracker::tell(&tracker::GitLab::new(&exchange, gitlab)?, gitlab.if_exist, telling, issue, &mark).await
            }
        }
    }
}
