//! How far a long job is, on standard error where that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// A bar over `total` things. More may come.
pub(crate) fn bar(total: u64, things: &'static str) -> ProgressBar {
    let form = "{bar:30} {human_pos}/{human_len} {msg}, {eta} left";
    // A form that cannot be read would cost the look, not the job.
    let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(things)
}
