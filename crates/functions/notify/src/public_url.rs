use model::id::{Fingerprint, ProjectName};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

/// The address that people know this faultline by: where its pages are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicUrl(String);

impl PublicUrl {
    /// Of the stack at this address, such as `https://errors.example.org`.
    pub fn at(address: &str) -> Self {
        Self(address.trim_end_matches('/').to_owned())
    }

    /// The address of a project's errors.
    pub(crate) fn errors(&self, project: &ProjectName) -> String {
        format!("{}/projects/{}/errors", self.0, utf8_percent_encode(project.as_str(), NON_ALPHANUMERIC))
    }

    /// The address of an error.
    pub(crate) fn error(&self, project: &ProjectName, fingerprint: &Fingerprint) -> String {
        let project = utf8_percent_encode(project.as_str(), NON_ALPHANUMERIC);
        format!("{}/projects/{project}/errors/{fingerprint}", self.0)
    }
}
