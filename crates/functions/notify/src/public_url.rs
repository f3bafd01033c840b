use model::id::{Fingerprint, ProjectName};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The public URL of this faultline, under which its pages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Creates the URL from an address such as `https://errors.example.org`.
    pub fn at(address: &str) -> Self {
        Self(address.trim_end_matches('/').to_owned())
    }

    /// Returns the URL of a project's list of errors.
    pub(crate) fn errors(&self, project: &ProjectName) -> String {
        format!("{}/projects/{}/errors", self.0, utf8_percent_encode(project.as_str(), NON_ALPHANUMERIC))
    }

    /// Returns the URL of an error.
    pub(crate) fn error(&self, project: &ProjectName, fingerprint: &Fingerprint) -> String {
        let project = utf8_percent_encode(project.as_str(), NON_ALPHANUMERIC);
        format!("{}/projects/{project}/errors/{fingerprint}", self.0)
    }
}
