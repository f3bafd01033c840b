//! The ways to tell somebody. Each channel is a module that makes its request purely, sends it, and understands the
//! answer.

mod failed;
mod mail;

use std::sync::Arc;

use domain::notify::{Target, Telling};
pub use failed::Failed;
pub use mail::{Letter, Mailer};
use store::clock::Clock;

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
    mailer: Option<Arc<dyn Mailer>>,
    clock: Arc<dyn Clock>,
    interactive: bool,
}

impl Channels {
    /// Over `mailer`, if mail can be sent.
    pub fn new(mailer: Option<Arc<dyn Mailer>>, clock: Arc<dyn Clock>) -> Self {
        Self { mailer, clock, interactive: false }
    }

    /// The same, whose Slack messages have buttons to resolve and to mute if `interactive`: for projects whose rules
    /// hold Slack's signing secret.
    pub fn interactive(mut self, interactive: bool) -> Self {
        self.interactive = interactive;
        self
    }

    /// Sends `telling` to `target`. `issue` is the one that the target is known to have for the error; what is answered is
    /// the one that it has now, if it is a tracker.
    pub async fn tell(
        &self,
        target: &Target,
        telling: &Telling,
        issue: Option<&Issue>,
    ) -> Result<Option<Issue>, Failed> {
        let _ = (target, telling, issue, &self.mailer, &self.clock, self.interactive);
        Err(Failed::never("this channel is being built"))
    }
}
