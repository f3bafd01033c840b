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
pub use occurrence::{OccurrenceView, Steps, markdown};
pub use pages::ask::Ask;
pub use pages::connect::Connect;
pub use pages::error::{Comment, ErrorHead, ErrorPage, HistoryRow, IssueLink, MergedRow, Ranges, TagTop};
pub use pages::errors::{ErrorRow, ErrorsPage, Search, Tab};
pub use pages::message::MessagePage;
pub use pages::operations::{LetterRow, MonthCost, Operations};
pub use pages::projects::{ProjectRow, ProjectsPage};
pub use pages::rules::{
    FailedRow, Field, Input, KINDS, RuleDraft, RuleRow, Rules, RulesText, TargetKind, TargetRow, Tried,
};
pub use pages::settings::{SettingsFields, SettingsPage};
pub use pages::sign_in::SignIn;

/// Something that can be drawn.
pub use askama::Template as Page;

/// Goes with every page: nothing from elsewhere, no inline script or style, in nobody's frame, and forms lead nowhere else.
pub const CONTENT_SECURITY_POLICY: &str =
    "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

/// A page as HTML.
///
/// # Errors
///
/// None that data could cause: a template fails only if what it shows fails to write itself.
pub fn page(page: &impl Page) -> Result<String, askama::Error> {
    page.render()
}
