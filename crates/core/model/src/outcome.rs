//! Reasons for not storing something. Every reason has a name that callers, counters and logs share (promise 4 in
//! docs/src/internals/promises.md).

use crate::project::{Limit, Window};
use crate::time::Timestamp;

/// The reason why a request, or one item of it, is refused or not stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Reason {
    /// The request has no key.
    KeyMissing,
    /// The key is unknown or disabled.
    KeyUnknown,
    /// No key has the id in the path.
    KeyIdUnknown,
    /// No user has the id in the path.
    UserUnknown,
    /// The user has no personal access token with the id in the path.
    TokenUnknown,
    /// The invitation does not exist, was used or has ended.
    InvitationUnknown,
    /// The key was rotated before. Its successor can be rotated.
    KeyRotated,
    /// The key's role does not allow this call.
    KeyRole,
    /// The key belongs to another project.
    KeyProject,
    /// The project does not accept events from this page's origin (`allowedOrigins`).
    OriginNotAllowed,
    /// A service's call is not signed with the project's secret.
    SignatureInvalid,
    /// The body is larger than the limit.
    BodyTooLarge,
    /// The unpacked body is larger than the limit.
    BodyTooLargeUnpacked,
    /// The body cannot be unpacked.
    BodyEncoding,
    /// The body is not JSON.
    BodyNotJson,
    /// The body is JSON, but has another form than expected.
    BodyInvalid,
    /// An item of the body has another form than expected. Other items are accepted.
    ItemInvalid,
    /// An item of the body is larger than the limit. Other items are accepted.
    ItemTooLarge,
    /// An item of the body is of a kind that is not stored (transactions, sessions, replays, …). Other items are
    /// accepted.
    ItemNotStored,
    /// The event has too many attachments, or too many bytes of them. Its others are stored.
    AttachmentsTooMany,
    /// The project does not store attachments. The event is accepted.
    AttachmentsNotAllowed,
    /// The request has an attachment, but no event that it belongs to.
    AttachmentWithoutEvent,
    /// A part of the path or of the query has another form than expected.
    ParameterInvalid,
    /// This cannot be the name of a project.
    ProjectName,
    /// The project does not exist.
    ProjectUnknown,
    /// The project has another name now.
    ProjectRenamed,
    /// A project with this name exists already.
    ProjectExists,
    /// The error does not exist.
    ErrorUnknown,
    /// The error is merged into another error.
    ErrorMerged,
    /// It is not certain that the error matches the filters, so it was not changed.
    MatchUncertain,
    /// The occurrence does not exist.
    OccurrenceUnknown,
    /// The occurrence has expired.
    OccurrenceExpired,
    /// The occurrence has no such attachment.
    AttachmentUnknown,
    /// The attachment has expired, or was not stored.
    AttachmentGone,
    /// The comment does not exist.
    CommentUnknown,
    /// No occurrence of this release is known.
    ReleaseUnknown,
    /// The upload of source maps does not exist.
    UploadUnknown,
    /// The API has no such path.
    PathUnknown,
    /// The path exists, but not with this method.
    MethodUnknown,
    /// The configs of a post could not be encrypted, so they were dropped. Its events are accepted.
    NotificationsNotSealed,
    /// The project does not accept configs in posts, or only sealed ones. The events are accepted.
    NotificationsNotAllowed,
    /// Encryption is not possible, because the stack has no key.
    SealingKeyMissing,
    /// The rules were changed by somebody else since they were read.
    RulesChanged,
    /// The project has no such rule.
    RuleUnknown,
    /// The project is over its limit of events per minute.
    RateLimited,
    /// There were too many attempts to sign in from this address.
    SignInLimited,
    /// This address, or all together, sent too many unknown keys.
    KeyGuessesLimited,
    /// The project is over its limit of events per month.
    QuotaExceeded,
    /// The call is not possible in this deployment.
    NotImplemented,
    /// The deletion takes longer than one request: repeat the request to continue it.
    DeletionUnfinished,
    /// AWS, or the local engine, did not answer in time: try again.
    Unavailable,
    /// An internal error: see faultline's log.
    Internal,
}

impl Reason {
    /// The name, as used in answers, counters and logs.
    pub fn name(self) -> &'static str {
        match self {
            Self::KeyMissing => "key_missing",
            Self::KeyUnknown => "key_unknown",
            Self::KeyIdUnknown => "key_id_unknown",
            Self::UserUnknown => "user_unknown",
            Self::TokenUnknown => "token_unknown",
            Self::InvitationUnknown => "invitation_unknown",
            Self::KeyRotated => "key_rotated",
            Self::KeyRole => "key_role",
            Self::KeyProject => "key_project",
            Self::OriginNotAllowed => "origin_not_allowed",
            Self::SignatureInvalid => "signature_invalid",
            Self::BodyTooLarge => "body_too_large",
            Self::BodyTooLargeUnpacked => "body_too_large_unpacked",
            Self::BodyEncoding => "body_encoding",
            Self::BodyNotJson => "body_not_json",
            Self::BodyInvalid => "body_invalid",
            Self::ItemInvalid => "item_invalid",
            Self::ItemTooLarge => "item_too_large",
            Self::ItemNotStored => "item_not_stored",
            Self::AttachmentsTooMany => "attachments_too_many",
            Self::AttachmentsNotAllowed => "attachments_not_allowed",
            Self::AttachmentWithoutEvent => "attachment_without_event",
            Self::ParameterInvalid => "parameter_invalid",
            Self::ProjectName => "project_name",
            Self::ProjectUnknown => "project_unknown",
            Self::ProjectRenamed => "project_renamed",
            Self::ProjectExists => "project_exists",
            Self::ErrorUnknown => "error_unknown",
            Self::ErrorMerged => "error_merged",
            Self::MatchUncertain => "match_uncertain",
            Self::OccurrenceUnknown => "occurrence_unknown",
            Self::OccurrenceExpired => "occurrence_expired",
            Self::AttachmentUnknown => "attachment_unknown",
            Self::AttachmentGone => "attachment_gone",
            Self::CommentUnknown => "comment_unknown",
            Self::ReleaseUnknown => "release_unknown",
            Self::UploadUnknown => "upload_unknown",
            Self::PathUnknown => "path_unknown",
            Self::MethodUnknown => "method_unknown",
            Self::NotificationsNotSealed => "notifications_not_sealed",
            Self::NotificationsNotAllowed => "notifications_not_allowed",
            Self::SealingKeyMissing => "sealing_key_missing",
            Self::RulesChanged => "rules_changed",
            Self::RuleUnknown => "rule_unknown",
            Self::RateLimited => "rate_limited",
            Self::SignInLimited => "sign_in_limited",
            Self::KeyGuessesLimited => "key_guesses_limited",
            Self::QuotaExceeded => "quota_exceeded",
            Self::NotImplemented => "not_implemented",
            Self::DeletionUnfinished => "deletion_unfinished",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// Whether a request asked for something that does not exist, or not yet. Nothing was lost, so this is neither
    /// logged nor counted as a refusal: clients ask repeatedly until an event is stored.
    pub fn is_miss(self) -> bool {
        matches!(
            self,
            Self::ErrorUnknown
                | Self::OccurrenceUnknown
                | Self::OccurrenceExpired
                | Self::AttachmentUnknown
                | Self::AttachmentGone
                | Self::CommentUnknown
                | Self::ReleaseUnknown
                | Self::UploadUnknown
        )
    }

    /// The HTTP status for this reason.
    pub fn status(self) -> u16 {
        match self {
            Self::KeyMissing | Self::SignatureInvalid => 401,
            Self::KeyUnknown | Self::KeyRole | Self::KeyProject => 403,
            Self::OriginNotAllowed | Self::NotificationsNotAllowed | Self::AttachmentsNotAllowed => 403,
            Self::BodyTooLarge | Self::BodyTooLargeUnpacked | Self::ItemTooLarge | Self::AttachmentsTooMany => 413,
            Self::BodyEncoding
            | Self::BodyNotJson
            | Self::BodyInvalid
            | Self::ItemInvalid
            | Self::ItemNotStored
            | Self::AttachmentWithoutEvent
            | Self::ParameterInvalid
            | Self::ProjectName => 400,
            Self::ProjectUnknown
            | Self::ProjectRenamed
            | Self::ErrorUnknown
            | Self::OccurrenceUnknown
            | Self::AttachmentUnknown
            | Self::PathUnknown => 404,
            Self::MethodUnknown => 405,
            Self::OccurrenceExpired | Self::AttachmentGone => 410,
            Self::RuleUnknown
            | Self::KeyIdUnknown
            | Self::UserUnknown
            | Self::TokenUnknown
            | Self::InvitationUnknown
            | Self::CommentUnknown
            | Self::ReleaseUnknown
            | Self::UploadUnknown => 404,
            Self::ProjectExists | Self::ErrorMerged | Self::MatchUncertain | Self::RulesChanged | Self::KeyRotated => {
                409
            }
            Self::RateLimited | Self::QuotaExceeded | Self::SignInLimited | Self::KeyGuessesLimited => 429,
            Self::NotImplemented | Self::SealingKeyMissing => 501,
            Self::Unavailable | Self::DeletionUnfinished | Self::NotificationsNotSealed => 503,
            Self::Internal => 500,
        }
    }
}

/// A refusal as data: the reason, the message for the caller, and the place in the body or path that it is about.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct Refusal {
    pub reason: Reason,
    /// The problem and how to fix it: lower case, no full stop.
    pub message: String,
    /// The place: keys and indexes from the top of the body, such as `errors`, `2`, `message`. May be empty.
    pub path: Vec<String>,
    /// When to try again, if a limit was reached.
    pub limited: Option<Limited>,
    /// The project's current name, if the request used a former one.
    pub renamed_to: Option<String>,
    /// Our own failure that caused the refusal. It is logged only, and not sent to the caller.
    pub cause: Option<Box<Cause>>,
}

/// The internal failure behind a refusal.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Cause {
    pub kind: String,
    pub message: String,
}

/// Details of a refusal because of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limited {
    /// The number of events that were refused.
    pub events: u64,
    /// How long the client should wait, in seconds.
    pub seconds: u32,
    /// When this time is over.
    pub until: Timestamp,
}

/// Maximum time that a client is asked to wait, in seconds. If it waited longer, it would not notice that the limit was
/// raised.
const LONGEST_WAIT: i64 = 3_600;

impl Refusal {
    /// Creates a refusal of the request as a whole.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self { reason, message: message.into(), path: Vec::new(), limited: None, renamed_to: None, cause: None }
    }

    /// Creates the refusal of `events` that came at `now`, when their project's limit was reached. They are refused
    /// until `end`. The client is asked to try again then, or in an hour, whichever is sooner.
    pub fn over(limit: Limit, end: Timestamp, events: u64, now: Timestamp) -> Self {
        let reason = match limit.window {
            Window::Minute => Reason::RateLimited,
            Window::Month => Reason::QuotaExceeded,
        };
        let message = format!(
            "this project's limit of {limit} is reached: send again after {end}, or raise `limits` with PATCH \
             /projects/{{project}}"
        );
        let wait = (end.micros() - now.micros() + 999_999).div_euclid(1_000_000);
        let seconds = wait.clamp(1, LONGEST_WAIT);
        let limited = Limited { events, seconds: seconds as u32, until: now.plus_seconds(seconds) };
        Self { limited: Some(limited), ..Self::new(reason, message) }
    }

    /// The same refusal for the part at `path`.
    #[must_use]
    pub fn at<const N: usize>(mut self, path: [&str; N]) -> Self {
        self.path = path.iter().map(|&part| part.to_owned()).collect();
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(window: Window, now: &str, end: &str, seconds: u32, until: &str) {
        let at = |text| Timestamp::parse(text).unwrap();
        let refusal = Refusal::over(Limit { most: 5, window }, at(end), 2, at(now));
        assert_eq!(refusal.limited, Some(Limited { events: 2, seconds, until: at(until) }), "{now}");
        assert!(refusal.message.contains("5 events a") && refusal.message.contains(&end[..19]), "{refusal}");
    }

    /// A client that waits as long as it is asked to comes back after the end of the window, not before; and it notices
    /// within an hour that a limit was raised.
    #[test]
    fn a_client_is_asked_to_wait_until_the_end_and_no_longer_than_an_hour() {
        let end = "2026-11-02T00:02:00Z";
        check(Window::Minute, "2026-11-02T00:01:00Z", end, 60, end);
        check(Window::Minute, "2026-11-02T00:01:00.000001Z", end, 60, "2026-11-02T00:02:00.000001Z");
        check(Window::Minute, "2026-11-02T00:01:59.5Z", end, 1, "2026-11-02T00:02:00.5Z");
        check(Window::Month, "2026-11-02T00:00:00Z", "2026-12-01T00:00:00Z", 3_600, "2026-11-02T01:00:00Z");
    }
}
