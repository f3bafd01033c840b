use model::id::DebugId;

/// Why a frame of a Java event is shown obfuscated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RetraceProblem {
    /// The event names no mapping, although its frames look obfuscated.
    NoId,
    /// The event names a mapping that was not uploaded, has expired or was deleted.
    NotUploaded(DebugId),
    /// The mapping does not have this class.
    NoClass(DebugId),
    /// The mapping has the method, but not this line.
    NoLine(DebugId),
    /// The stored mapping cannot be read.
    Damaged(DebugId),
    /// The mapping could not be read in time.
    NotRead,
}

impl RetraceProblem {
    /// The reason, and how to fix it: one sentence.
    pub fn sentence(&self) -> String {
        match self {
            Self::NoId => "The event names no ProGuard mapping: let the Sentry plugin for Android or Gradle write the \
                           mapping's id into the build, or set `io.sentry.proguard-uuid`."
                .to_owned(),
            Self::NotUploaded(id) => format!(
                "No ProGuard mapping was uploaded with the id {id}: upload the build's `mapping.txt` with \
                 `sentry-cli upload-proguard --uuid {id}`, or let the Sentry plugin do it."
            ),
            Self::NoClass(id) => format!(
                "The ProGuard mapping {id} does not have this class, so it is for another build: upload the \
                 `mapping.txt` of the build that is installed."
            ),
            Self::NoLine(id) => format!(
                "The ProGuard mapping {id} has this method but not this line, so it is for another build: upload the \
                 `mapping.txt` of the build that is installed."
            ),
            Self::Damaged(id) => {
                format!("The stored ProGuard mapping {id} cannot be read: upload the build's `mapping.txt` again.")
            }
            Self::NotRead => "The ProGuard mapping was not read in time: reload the page.".to_owned(),
        }
    }
}
