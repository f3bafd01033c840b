//! Types of envelope items.

/// The type of an item. Unknown names are kept, since SDKs can be newer than the server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum ItemKind {
    /// An error or a message.
    Event,
    /// The root span of a trace, for performance monitoring.
    Transaction,
    /// A file that belongs to an event.
    Attachment,
    /// Feedback of a user about an event, in the form of an event.
    Feedback,
    /// Feedback of a user about an event, in the older form.
    UserReport,
    /// An update of a session, for release health.
    Session,
    Sessions,
    /// Counts of what the SDK itself discarded.
    ClientReport,
    /// The start or end of a cron job.
    CheckIn,
    /// A single span.
    Span,
    Log,
    /// A metric that belongs to a trace.
    TraceMetric,
    /// A profile of a transaction.
    Profile,
    /// A part of a continuous profile.
    ProfileChunk,
    /// The description of a session replay.
    ReplayEvent,
    /// The recording of a session replay.
    ReplayRecording,
    /// The video of a session replay.
    ReplayVideo,
    /// Metrics in statsd format.
    Statsd,
    MetricBuckets,
    /// An event made from a browser's report; reserved, not sent by any SDK.
    Security,
    /// A browser's report as it was received; reserved.
    RawSecurity,
    /// Form fields of a crash reporter; reserved.
    FormData,
    /// A crash report of Unreal Engine; reserved.
    UnrealReport,
    Other(String),
}

impl ItemKind {
    /// Parses the `type` of an item header.
    pub fn parse(name: &str) -> Self {
        match name {
            "event" => Self::Event,
            "transaction" => Self::Transaction,
            "attachment" => Self::Attachment,
            "feedback" => Self::Feedback,
            "user_report" => Self::UserReport,
            "session" => Self::Session,
            "sessions" => Self::Sessions,
            "client_report" => Self::ClientReport,
            "check_in" => Self::CheckIn,
            "span" => Self::Span,
            "log" => Self::Log,
            "trace_metric" => Self::TraceMetric,
            "profile" => Self::Profile,
            "profile_chunk" => Self::ProfileChunk,
            "replay_event" => Self::ReplayEvent,
            "replay_recording" => Self::ReplayRecording,
            "replay_video" => Self::ReplayVideo,
            "statsd" => Self::Statsd,
            "metric_buckets" => Self::MetricBuckets,
            "security" => Self::Security,
            "raw_security" => Self::RawSecurity,
            "form_data" => Self::FormData,
            "unreal_report" => Self::UnrealReport,
            other => Self::Other(other.to_owned()),
        }
    }

    /// Returns the name, as in an item header.
    pub fn name(&self) -> &str {
        match self {
            Self::Event => "event",
            Self::Transaction => "transaction",
            Self::Attachment => "attachment",
            Self::Feedback => "feedback",
            Self::UserReport => "user_report",
            Self::Session => "session",
            Self::Sessions => "sessions",
            Self::ClientReport => "client_report",
            Self::CheckIn => "check_in",
            Self::Span => "span",
            Self::Log => "log",
            Self::TraceMetric => "trace_metric",
            Self::Profile => "profile",
            Self::ProfileChunk => "profile_chunk",
            Self::ReplayEvent => "replay_event",
            Self::ReplayRecording => "replay_recording",
            Self::ReplayVideo => "replay_video",
            Self::Statsd => "statsd",
            Self::MetricBuckets => "metric_buckets",
            Self::Security => "security",
            Self::RawSecurity => "raw_security",
            Self::FormData => "form_data",
            Self::UnrealReport => "unreal_report",
            Self::Other(name) => name,
        }
    }

    /// Returns the category that SDKs use for this type in `X-Sentry-Rate-Limits` and in client reports. `None` if a
    /// limit cannot name it: client reports must get through even if everything else is switched off.
    pub fn category(&self) -> Option<&'static str> {
        match self {
            Self::Event => Some("error"),
            Self::Transaction => Some("transaction"),
            Self::Attachment => Some("attachment"),
            Self::Feedback | Self::UserReport => Some("feedback"),
            Self::Session | Self::Sessions => Some("session"),
            Self::ClientReport => None,
            Self::CheckIn => Some("monitor"),
            Self::Span => Some("span"),
            Self::Log => Some("log_item"),
            Self::TraceMetric => Some("trace_metric"),
            Self::Profile => Some("profile"),
            Self::ProfileChunk => Some("profile_chunk"),
            Self::ReplayEvent | Self::ReplayRecording | Self::ReplayVideo => Some("replay"),
            Self::Statsd | Self::MetricBuckets => Some("metric_bucket"),
            Self::Security | Self::RawSecurity => Some("security"),
            Self::FormData | Self::UnrealReport | Self::Other(_) => Some("default"),
        }
    }

    /// Returns whether faultline stores this type. Items of other types are answered with success and a rate limit for
    /// their category, so that the SDK stops sending them.
    pub fn is_stored(&self) -> bool {
        match self {
            Self::Event | Self::Feedback | Self::UserReport | Self::Attachment => true,
            Self::Transaction
            | Self::Session
            | Self::Sessions
            | Self::ClientReport
            | Self::CheckIn
            | Self::Span
            | Self::Log
            | Self::TraceMetric
            | Self::Profile
            | Self::ProfileChunk
            | Self::ReplayEvent
            | Self::ReplayRecording
            | Self::ReplayVideo
            | Self::Statsd
            | Self::MetricBuckets
            | Self::Security
            | Self::RawSecurity
            | Self::FormData
            | Self::UnrealReport
            | Self::Other(_) => false,
        }
    }

    /// Returns whether an item of this type becomes an occurrence.
    pub fn is_occurrence(&self) -> bool {
        matches!(self, Self::Event | Self::Feedback | Self::UserReport)
    }

    /// Returns the real type of an item of type `event`, by the `type` in its payload: old SDKs send transactions as
    /// events.
    pub fn of_event(inner: Option<&str>) -> Self {
        match inner {
            Some("transaction") => Self::Transaction,
            Some("feedback") => Self::Feedback,
            Some(_) | None => Self::Event,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every type in the protocol, its category, and whether it is stored.
    #[test]
    fn every_type_has_a_name_and_a_category() {
        let table = [
            ("event", Some("error"), true),
            ("transaction", Some("transaction"), false),
            ("session", Some("session"), false),
            ("sessions", Some("session"), false),
            ("client_report", None, false),
            ("check_in", Some("monitor"), false),
            ("attachment", Some("attachment"), true),
            ("feedback", Some("feedback"), true),
            ("span", Some("span"), false),
            ("log", Some("log_item"), false),
            ("trace_metric", Some("trace_metric"), false),
            ("profile", Some("profile"), false),
            ("profile_chunk", Some("profile_chunk"), false),
            ("replay_event", Some("replay"), false),
            ("replay_recording", Some("replay"), false),
            ("replay_video", Some("replay"), false),
            ("user_report", Some("feedback"), true),
            ("statsd", Some("metric_bucket"), false),
            ("metric_buckets", Some("metric_bucket"), false),
            ("security", Some("security"), false),
            ("raw_security", Some("security"), false),
            ("form_data", Some("default"), false),
            ("unreal_report", Some("default"), false),
            ("of_a_later_sdk", Some("default"), false),
        ];
        for (name, category, stored) in table {
            let kind = ItemKind::parse(name);
            assert_eq!((kind.name(), kind.category(), kind.is_stored()), (name, category, stored));
            assert_eq!(matches!(kind, ItemKind::Other(_)), name == "of_a_later_sdk");
        }
    }
}
