#![doc = include_str!("../README.md")]

mod address;
pub mod assets;
mod chart;
mod frame;
mod keys;
mod moment;
mod occurrence;
mod pages;
mod quoted;
mod text;

pub use address::encoded;
pub use chart::{Chart, ChartBar, Sparkline};
pub use frame::{Frame, Notice, Visitor};
pub use keys::{KeyList, KeyRow, MadeKey};
pub use moment::Moment;
pub use occurrence::{AttachmentRow, AttachmentState, OccurrenceView, PREVIEW_BYTES, Preview, Steps, markdown};
pub use pages::ask::Ask;
pub use pages::audit_log::{AuditChangeRow, AuditFields, AuditLogPage, AuditRow};
pub use pages::connect::Connect;
pub use pages::error::{
    Comment, ErrorHead, ErrorPage, HistoryRow, IssueLink, MergedRow, Ranges, TagTop, TypedInput, delete_question,
};
pub use pages::errors::{ErrorRow, ErrorsPage, Search, Tab};
pub use pages::join::JoinPage;
pub use pages::members::{MemberRow, MembersPage};
pub use pages::message::MessagePage;
pub use pages::operations::{LetterRow, MonthCost, Operations};
pub use pages::profile::{ProfileFields, ProfilePage, TokenRow};
pub use pages::projects::{ProjectRow, ProjectsPage};
pub use pages::releases::{CommitRow, DeployRow, ReleasePage, ReleaseRow, ReleasesPage};
pub use pages::rules::{
    FailedRow, Field, Input, KINDS, READY_TEMPLATES, ReadyTemplate, RuleDraft, RuleRow, Rules, RulesText, TargetKind,
    TargetRow, Tried,
};
pub use pages::settings::{SettingsFields, SettingsPage};
pub use pages::sign_in::SignIn;
pub use pages::source_maps::{FileRow, FindingRow, SourceMapCheckPage, SourceMapPage, SourceMapsPage, UploadRow};
pub use pages::users::{InvitationRow, MadeSecret, UserRow, UsersPage};

/// A template that can be rendered.
pub use askama::Template as Page;

/// Sent with every page: no resources of other hosts, no inline script or style, no framing, and forms only to this
/// site.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// Renders a page as HTML.
///
/// # Errors
///
/// No data causes an error: a template fails only if the `Display` of a value in it fails.
pub fn page(page: &impl Page) -> Result<String, askama::Error> {
    page.render()
}
