//! Markers in the text of issues: an HTML comment on a separate line, which is not shown and names the error. Markers
//! are signed, because strangers may be able to open issues: one with a marker that faultline did not create is
//! ignored.

use model::id::{Fingerprint, ProjectName};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use ring::hmac;
use rules::Target;

/// Characters of a project's name that are percent-encoded in a marker, because a name may contain `-->`.
const ESCAPED_IN_NAME: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_');

/// The secret key of a project that signs the markers in its issues.
#[derive(Clone, Default)]
pub struct IssueKey([u8; Self::LENGTH]);

impl IssueKey {
    /// Length of a key in bytes.
    pub const LENGTH: usize = 32;

    /// Creates a key from random bytes.
    pub fn new(bytes: [u8; Self::LENGTH]) -> Self {
        Self(bytes)
    }
}

/// Shows nothing of the key.
impl std::fmt::Debug for IssueKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("IssueKey(_)")
    }
}

/// Signs the markers of one tracker: a marker that is copied into another one is not valid there.
pub(crate) struct MarkerSigner {
    key: hmac::Key,
    destination: String,
}

impl MarkerSigner {
    pub(crate) fn new(key: &IssueKey, target: &Target) -> Self {
        Self { key: hmac::Key::new(hmac::HMAC_SHA256, &key.0), destination: target.destination() }
    }

    /// Returns the marker of an error.
    pub(crate) fn marker(&self, project: &ProjectName, fingerprint: Fingerprint) -> String {
        format!("{}{fingerprint}/{}{MARKER_END}", marker_start(project), self.signature(&fingerprint.to_string()))
    }

    /// Returns a signature of 32 hexadecimal digits, which cannot be computed without the key.
    pub(crate) fn signature(&self, text: &str) -> String {
        let tag = hmac::sign(&self.key, format!("issue:1\n{}\n{text}", self.destination).as_bytes());
        tag.as_ref()[..16].iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

/// Finds the error of `project` that the marker in a text names. Only a whole line counts as a marker, so a quotation
/// does not. Does not check the signature: the caller knows the error's issues, and checks whether this is one of them.
pub(crate) fn find(text: &str, project: &ProjectName) -> Option<Fingerprint> {
    let start = marker_start(project);
    text.lines().find_map(|line| {
        let signed = line.trim().strip_prefix(&start)?.strip_suffix(MARKER_END)?;
        Fingerprint::parse(signed.split_once('/').map_or(signed, |(fingerprint, _)| fingerprint)).ok()
    })
}

const MARKER_END: &str = " -->";

fn marker_start(project: &ProjectName) -> String {
    format!("<!-- faultline:{}/", utf8_percent_encode(project.as_str(), ESCAPED_IN_NAME))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn mark(key: u8, repo: &str) -> MarkerSigner {
        let target = json!({ "type": "github", "userToken": "t", "owner": "o", "repo": repo });
        MarkerSigner::new(&IssueKey::new([key; IssueKey::LENGTH]), &Target::parse(&target).unwrap())
    }

    #[test]
    fn a_marker_is_found() {
        let print = Fingerprint::of("m", []);
        for name in ["shop", "größe", "a-->b", "shop_2"] {
            let project = ProjectName::parse(name).unwrap();
            let mark = mark(1, "r").marker(&project, print);
            assert_eq!(mark.matches("-->").count(), 1, "{mark}");
            assert_eq!(find(&format!("text\r\n{mark}\r\nmore"), &project), Some(print), "{name}");
            assert_eq!(find(&format!("> {mark}"), &project), None, "a quotation");
            assert_eq!(find(&mark, &ProjectName::parse("other").unwrap()), None);
        }
    }

    #[test]
    fn a_marker_belongs_to_one_key_and_one_tracker() {
        let (project, print) = (ProjectName::parse("shop").unwrap(), Fingerprint::of("m", []));
        let marks = [mark(1, "r"), mark(2, "r"), mark(1, "s")].map(|mark| mark.marker(&project, print));
        assert!(marks[0] != marks[1] && marks[0] != marks[2], "{marks:?}");
        assert_eq!(marks[0], mark(1, "r").marker(&project, print));
    }
}
