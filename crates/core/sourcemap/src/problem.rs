use model::id::DebugId;

use crate::cut_line;

/// Why a frame is shown minified, or without its source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FrameProblem {
    /// The file has a debug id, but no map with this id was uploaded, or it has expired or was deleted.
    NotUploaded(DebugId),
    /// The event names no debug id for the file.
    NoDebugId,
    /// The file has no debug id, and no map was uploaded for it in the release of the event.
    NoFile { url: String, release: String },
    /// The frame has no line or column.
    NoColumn,
    /// The map has nothing at this place.
    NotInMap(DebugId),
    /// The map has no text of this source.
    NoSource(String),
    /// The stored map cannot be read.
    Damaged(DebugId),
    /// The map could not be read in time, or was not read because the event has too many frames.
    NotRead,
}

impl FrameProblem {
    /// The reason, and how to fix it: one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::NotUploaded(id) => format!(
                "No source map was uploaded for debug id {id}: upload the build's source maps before you deploy it."
            ),
            Self::NoDebugId => "The deployed file registers no debug id: deploy the files that the bundler plugin or \
                                `sentry-cli sourcemaps inject` changed, not other copies of them."
                .to_owned(),
            Self::NoFile { url, release } => format!(
                "No source map was uploaded for {} in release {release}: upload the build's source maps with this release \
                 (and build), or inject debug ids.",
                cut_line(url, 0)
            ),
            Self::NoColumn => "The frame has no column, so its place in the source map is not known: use an SDK that \
                               sends columns."
                .to_owned(),
            Self::NotInMap(id) => format!(
                "The source map for debug id {id} has nothing at this place, so it is for another build: upload the \
                 maps of the build that is deployed."
            ),
            Self::NoSource(name) => format!(
                "The source map has no text of {name}, so the source is not shown: let the bundler write \
                 `sourcesContent`."
            ),
            Self::Damaged(id) => {
                format!("The stored source map for debug id {id} cannot be read: upload the build's source maps again.")
            }
            Self::NotRead => "The source map was not read in time: reload the page.".to_owned(),
        }
    }
}
