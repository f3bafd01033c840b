//! Releases as build tools announce them: with their dates, commits and deploys. An announced release need not have any
//! occurrence.

use serde::{Deserialize, Serialize};

use crate::time::Timestamp;

/// A release that a build tool announced.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct AnnouncedRelease {
    /// The name, cut as that of an occurrence.
    pub name: String,
    pub created_at: Timestamp,
    /// When it was finalised.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub released_at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    /// The commit of each repository that it was built from.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub refs: Vec<SourceRef>,
    /// The first [`AnnouncedRelease::MAX_COMMITS`] commits since the release before it, in the order in which they were sent:
    /// newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub commits: Vec<SourceCommit>,
    /// The number of all commits.
    #[serde(default)]
    pub commit_count: u64,
    /// The last [`AnnouncedRelease::MAX_DEPLOYS`] deploys, newest first.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub deploys: Vec<Deploy>,
    /// The number of all deploys.
    #[serde(default)]
    pub deploy_count: u64,
}

/// The commit of a repository that a release was built from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceRef {
    pub repository: String,
    pub commit: String,
    /// The commit of the release before it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<String>,
}

/// A commit of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct SourceCommit {
    pub id: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub message: String,
    /// The name of its author.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub author: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub at: Option<Timestamp>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub repository: Option<String>,
}

/// A deploy of a release.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Deploy {
    pub environment: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub started_at: Option<Timestamp>,
    /// When it was finished, or announced.
    pub finished_at: Timestamp,
}

impl AnnouncedRelease {
    /// The longest name, in bytes, as that of an occurrence's release.
    pub const MAX_NAME: usize = 200;
    /// The most commits that are kept.
    pub const MAX_COMMITS: usize = 100;
    /// The most repositories that are kept.
    pub const MAX_REFS: usize = 20;
    /// The most deploys that are kept.
    pub const MAX_DEPLOYS: usize = 20;
    /// The longest text of any other kind, in bytes.
    pub const MAX_TEXT: usize = 500;

    pub fn new(name: &str, created_at: Timestamp) -> Self {
        Self {
            name: name[..name.floor_char_boundary(Self::MAX_NAME)].to_owned(),
            created_at,
            released_at: None,
            url: None,
            refs: Vec::new(),
            commits: Vec::new(),
            commit_count: 0,
            deploys: Vec::new(),
            deploy_count: 0,
        }
    }

    /// Replaces the commits, of which there may be more than are kept.
    pub fn set_commits(&mut self, commits: Vec<SourceCommit>) {
        self.commit_count = commits.len() as u64;
        self.commits = commits;
        self.commits.truncate(Self::MAX_COMMITS);
    }

    pub fn set_refs(&mut self, mut refs: Vec<SourceRef>) {
        refs.truncate(Self::MAX_REFS);
        self.refs = refs;
    }

    pub fn add_deploy(&mut self, deploy: Deploy) {
        // A request that is sent again is the same deploy.
        if self.deploys.first() == Some(&deploy) {
            return;
        }
        self.deploys.insert(0, deploy);
        self.deploys.truncate(Self::MAX_DEPLOYS);
        self.deploy_count += 1;
    }

    /// Cuts a text to the length that is kept. Texts of nothing but white space are missing.
    pub fn short(text: &str) -> Option<String> {
        let text = text.trim();
        (!text.is_empty()).then(|| text[..text.floor_char_boundary(Self::MAX_TEXT)].to_owned())
    }

    /// Whether it was finalised or deployed, so that occurrences of it can be expected.
    pub fn is_out(&self) -> bool {
        self.released_at.is_some() || !self.deploys.is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn lists_are_bounded_and_counted() {
        let mut release = AnnouncedRelease::new(&"ü".repeat(150), at(1));
        assert_eq!(release.name.len(), AnnouncedRelease::MAX_NAME);
        let commit = |number: usize| SourceCommit {
            id: number.to_string(),
            message: String::new(),
            author: None,
            at: None,
            repository: None,
        };
        release.set_commits((0..150).map(commit).collect());
        assert_eq!((release.commits.len(), release.commit_count, release.commits[0].id.as_str()), (100, 150, "0"));
        let deploy = |second| Deploy {
            environment: "production".to_owned(),
            name: None,
            url: None,
            started_at: None,
            finished_at: at(second),
        };
        assert!(!release.is_out());
        for second in 0..25 {
            release.add_deploy(deploy(second));
            release.add_deploy(deploy(second));
        }
        assert_eq!((release.deploys.len(), release.deploy_count), (20, 25));
        assert_eq!((release.deploys[0].finished_at, release.is_out()), (at(24), true));
        assert_eq!(
            serde_json::from_str::<AnnouncedRelease>(&serde_json::to_string(&release).unwrap()).unwrap(),
            release
        );
    }

    #[test]
    fn texts_are_cut_between_characters() {
        assert_eq!(AnnouncedRelease::short(" \n"), None);
        assert_eq!(AnnouncedRelease::short(" a\nb "), Some("a\nb".to_owned()));
        assert_eq!(AnnouncedRelease::short(&"€".repeat(200)).unwrap().len(), 498);
    }
}
