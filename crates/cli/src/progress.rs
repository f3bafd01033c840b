//! The progress bar of a long job, on standard error if that is a terminal.

use indicatif::{ProgressBar, ProgressStyle};

/// Creates a progress bar for `total` items. The total can grow later.
pub(crate) fn bar(total: u64, things: &'static str) -> ProgressBar {
    let form = "{bar:30} {human_pos}/{human_len} {msg}, {eta} left";
    // An invalid template only changes how the bar looks: the job goes on.
    let style = ProgressStyle::with_template(form).unwrap_or_else(|_| ProgressStyle::default_bar());
    ProgressBar::new(total).with_style(style).with_message(things)
}
