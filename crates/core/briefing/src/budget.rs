//! How much of an occurrence is shown.

use serde::Serialize;

/// The optional parts of an occurrence that are shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Detail {
    /// Frames, variables, the request and the newest breadcrumbs.
    Full,
    /// Also contexts, extra data and the user.
    Everything,
}

/// The most of each thing that is shown.
#[derive(Clone, Copy, Debug)]
pub struct Budget {
    /// Bytes of a short text, such as a name.
    pub(crate) short: usize,
    /// Bytes of a long text, such as a message.
    pub(crate) long: usize,
    pub(crate) exceptions: usize,
    /// Frames of the application, from the raising end, per stack.
    pub(crate) app_frames: usize,
    /// Frames of libraries, from the raising end, per stack.
    pub(crate) library_frames: usize,
    /// The frames of the application that have source and variables, per stack.
    pub(crate) open_frames: usize,
    /// Source lines before and after the frame's own.
    pub(crate) source_lines: usize,
    /// Local variables of each frame that is open.
    pub(crate) variables: usize,
    pub(crate) breadcrumbs: usize,
    pub(crate) tags: usize,
    /// Entries of the history, and comments.
    pub(crate) entries: usize,
    /// Values of each other section.
    pub(crate) values: usize,
    pub(crate) detail: Detail,
}

/// From generous to meagre. The last one fits for every error.
const LEVELS: [Budget; 5] = [
    Budget {
        short: 200,
        long: 2_000,
        exceptions: 4,
        app_frames: 15,
        library_frames: 8,
        open_frames: 4,
        source_lines: 5,
        variables: 20,
        breadcrumbs: 20,
        tags: 20,
        entries: 10,
        values: 30,
        detail: Detail::Full,
    },
    Budget {
        short: 160,
        long: 1_000,
        exceptions: 3,
        app_frames: 12,
        library_frames: 5,
        open_frames: 2,
        source_lines: 4,
        variables: 15,
        breadcrumbs: 12,
        tags: 15,
        entries: 5,
        values: 15,
        detail: Detail::Full,
    },
    Budget {
        short: 120,
        long: 500,
        exceptions: 2,
        app_frames: 8,
        library_frames: 3,
        open_frames: 1,
        source_lines: 3,
        variables: 10,
        breadcrumbs: 8,
        tags: 10,
        entries: 3,
        values: 8,
        detail: Detail::Full,
    },
    Budget {
        short: 80,
        long: 300,
        exceptions: 2,
        app_frames: 5,
        library_frames: 1,
        open_frames: 1,
        source_lines: 1,
        variables: 5,
        breadcrumbs: 3,
        tags: 6,
        entries: 2,
        values: 4,
        detail: Detail::Full,
    },
    Budget {
        short: 40,
        long: 120,
        exceptions: 1,
        app_frames: 3,
        library_frames: 1,
        open_frames: 0,
        source_lines: 0,
        variables: 0,
        breadcrumbs: 1,
        tags: 3,
        entries: 1,
        values: 2,
        detail: Detail::Full,
    },
];

impl Budget {
    /// Builds an answer with the most generous budget for which it has at most `limit` bytes as JSON.
    pub fn fit<T: Serialize>(detail: Detail, limit: usize, build: impl Fn(&Self) -> T) -> T {
        let [first, rest @ ..] = LEVELS.map(|level| Self { detail, ..level });
        let mut built = build(&first);
        for level in &rest {
            if length(&built) <= limit {
                break;
            }
            built = build(level);
        }
        built
    }
}

fn length(built: &impl Serialize) -> usize {
    serde_json::to_vec(built).map_or(0, |bytes| bytes.len())
}
