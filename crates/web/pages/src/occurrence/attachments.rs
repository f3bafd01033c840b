//! The files that came with an event.

use crate::text::{line, visible};

/// The most text of a file that a page shows, in bytes.
pub const PREVIEW_BYTES: usize = 8 << 10;

/// A file that came with an event.
#[derive(Clone, Debug)]
pub struct AttachmentRow {
    /// The file name, as the client sent it.
    pub name: String,
    /// The content type and the use of the file, as the client sent them.
    pub kind: String,
    /// The size in bytes.
    pub size: u64,
    pub state: AttachmentState,
}

/// Whether a file can be downloaded.
#[derive(Clone, Debug)]
pub enum AttachmentState {
    /// Not, for this reason.
    Lost(String),
    Stored {
        href: String,
        preview: Preview,
    },
}

/// The content of a file on the page.
#[derive(Clone, Debug)]
pub enum Preview {
    None,
    Image,
    /// The first bytes of a text file.
    Text(String),
}

impl AttachmentRow {
    pub(super) fn title(&self) -> String {
        line(&self.name)
    }

    /// Size and kind, for people.
    pub(super) fn facts(&self) -> String {
        let size = match self.size {
            1 => "1 byte".to_owned(),
            size if size < 1 << 10 => format!("{size} bytes"),
            size if size < 1 << 20 => format!("{} kB", size.div_ceil(1 << 10)),
            size => format!("{:.1} MB", size as f64 / f64::from(1 << 20)),
        };
        match self.kind.as_str() {
            "" => size,
            kind => format!("{size}, {}", line(kind)),
        }
    }

    pub(super) fn lost(&self) -> Option<&str> {
        match &self.state {
            AttachmentState::Lost(why) => Some(why),
            AttachmentState::Stored { .. } => None,
        }
    }

    pub(super) fn href(&self) -> Option<&str> {
        match &self.state {
            AttachmentState::Lost(_) => None,
            AttachmentState::Stored { href, .. } => Some(href),
        }
    }

    pub(super) fn is_image(&self) -> bool {
        matches!(self.state, AttachmentState::Stored { preview: Preview::Image, .. })
    }

    /// The beginning of a text file.
    pub(super) fn text(&self) -> Option<String> {
        let AttachmentState::Stored { preview: Preview::Text(text), .. } = &self.state else { return None };
        let mut shown = visible(text, PREVIEW_BYTES);
        let cut = self.size.saturating_sub(PREVIEW_BYTES as u64);
        if cut > 0 {
            shown.push_str(&format!("… ({cut} more bytes)"));
        }
        Some(shown)
    }
}
