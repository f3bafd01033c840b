//! The status, assignee and comments of an issue of another tracker, as a line that `faultline export` would write.

use model::error::history::EntryId;
use model::id::EventId;
use model::time::Timestamp;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// Maximum length of an imported comment, in bytes.
const MAX_COMMENT: usize = 10_000;

/// The state of an issue.
pub(super) struct IssueState {
    /// The tracker, in lower case.
    pub(super) tracker: &'static str,
    /// Its id in the tracker.
    pub(super) id: String,
    /// The name that people know it by, such as `WEB-12`.
    pub(super) name: String,
    /// Its page in the tracker.
    pub(super) link: Option<String>,
    pub(super) last_seen: Option<Timestamp>,
    /// Its newest event that was imported. The error that holds it gets the state.
    pub(super) newest: EventId,
    /// `unresolved`, `resolved` or `muted`.
    pub(super) status: &'static str,
    /// The release after which it is resolved.
    pub(super) after: Option<String>,
    pub(super) assignee: Option<String>,
    /// Comments, the oldest first or last.
    pub(super) comments: Vec<Comment>,
}

/// A comment on an issue.
pub(super) struct Comment {
    pub(super) at: Timestamp,
    pub(super) user: Option<String>,
    pub(super) text: String,
}

impl IssueState {
    /// Returns the line. It is the same each time, so that an import can be repeated.
    pub(super) fn line(&self) -> Value {
        let at = self.last_seen.unwrap_or_else(|| Timestamp::from_millis(0));
        let link = self.link.as_deref().filter(|link| link.starts_with("http"));
        let place = link.map(|link| format!(": {link}")).unwrap_or_default();
        let source = Comment { at, user: None, text: format!("Imported from {}{place}", self.name) };
        let comments = self.comments.iter().chain([&source]).enumerate();
        let history: Vec<_> = comments.map(|(number, comment)| self.entry(number, comment)).collect();
        json!({
            "fingerprint": null,
            "eventId": self.newest.to_string(),
            "merged": [],
            "state": { "status": self.status, "after": self.after, "assignee": self.assignee },
            "history": history,
        })
    }

    fn entry(&self, number: usize, Comment { at, user, text }: &Comment) -> Value {
        let hash = Sha256::digest(format!("{}:{}:{number}:{text}", self.tracker, self.id));
        let random = u128::from_be_bytes(hash[..16].try_into().expect("16 of 32 bytes"));
        let place = u16::try_from(number).unwrap_or(u16::MAX);
        json!({
            "id": EntryId::new(*at, place, random).to_string(),
            "at": at,
            "by": { "kind": "hook", "service": self.tracker, "user": user },
            "what": "commented",
            "text": &text[..text.floor_char_boundary(MAX_COMMENT)],
        })
    }
}
