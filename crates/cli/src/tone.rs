//! The tones of text in a terminal.

/// How text is set off.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    /// Not at all.
    #[default]
    Plain,
    /// The title, and one's own code.
    Bold,
    /// What is beside the point.
    Dim,
    /// What is wrong.
    Red,
    /// What is in between.
    Yellow,
    /// What is in order.
    Green,
}
