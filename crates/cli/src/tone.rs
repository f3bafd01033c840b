//! Colours and emphasis of text in a terminal.

/// The emphasis of a piece of text.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Tone {
    #[default]
    Plain,
    /// Titles, and frames of the user's own code.
    Bold,
    Dim,
    Red,
    Yellow,
    /// Things that are all right.
    Green,
}
