use askama::Template;

use crate::{Frame, Moment};

/// The page with the uploads of source maps of a project, and how to set uploads up.
#[derive(Debug, Template)]
#[template(path = "source_maps.html")]
pub struct SourceMapsPage {
    pub frame: Frame,
    pub project: String,
    /// The uploads, newest first.
    pub uploads: Vec<UploadRow>,
    /// The URL of the next page.
    pub next: Option<String>,
    /// The base URL of faultline.
    pub url: String,
    /// An upload key that was just created. This is the only time it is shown.
    pub made: Option<String>,
}

/// The page that says whether source maps and ProGuard mappings work.
#[derive(Debug, Template)]
#[template(path = "source_map_check.html")]
pub struct SourceMapCheckPage {
    pub frame: Frame,
    pub project: String,
    /// Problems first.
    pub findings: Vec<FindingRow>,
}

/// One thing that is right or wrong.
#[derive(Debug)]
pub struct FindingRow {
    pub is_problem: bool,
    pub is_good: bool,
    pub text: String,
    /// The number of events that it is about; 0 if it is about uploads.
    pub events: u64,
    /// The fingerprint of an error with such an event.
    pub example: Option<String>,
}

impl FindingRow {
    fn state(&self) -> &'static str {
        match (self.is_problem, self.is_good) {
            (true, _) => "Problem",
            (false, true) => "Works",
            (false, false) => "Note",
        }
    }
}

/// The page of an upload with its files.
#[derive(Debug, Template)]
#[template(path = "source_map.html")]
pub struct SourceMapPage {
    pub frame: Frame,
    pub project: String,
    pub row: UploadRow,
    pub files: Vec<FileRow>,
}

/// An upload of source maps, or of a ProGuard mapping.
#[derive(Debug)]
pub struct UploadRow {
    pub id: String,
    /// Whether it is a ProGuard mapping.
    pub is_mapping: bool,
    pub at: Moment,
    pub expires_at: Moment,
    pub release: Option<String>,
    pub dist: Option<String>,
    /// The name of the key that uploaded it.
    pub uploader: String,
    /// The number of files.
    pub files: u64,
    /// The number of maps that can be used.
    pub maps: u64,
    /// The size in the bucket, in bytes.
    pub size: u64,
    /// Why nothing of it can be used.
    pub failure: Option<String>,
    /// Files that have a problem, and the problem.
    pub problems: Vec<(String, String)>,
}

/// A file of an upload.
#[derive(Debug)]
pub struct FileRow {
    pub url: String,
    pub debug_id: Option<String>,
    /// The problem of the file.
    pub problem: Option<String>,
}

impl UploadRow {
    pub(crate) fn size(&self) -> String {
        match self.size {
            0 => "–".to_owned(),
            size if size < 1 << 20 => format!("{} kB", size.div_ceil(1 << 10)),
            size => format!("{:.1} MB", size as f64 / f64::from(1 << 20)),
        }
    }
}

impl SourceMapsPage {
    fn address(&self) -> String {
        format!("{}/source-maps", crate::address::project(&self.project))
    }

    fn action(&self) -> String {
        format!("/pages{}", self.address())
    }

    /// The key for the examples.
    fn key(&self) -> &str {
        self.made.as_deref().unwrap_or("UPLOAD-KEY")
    }
}
