//! Reads releases, commits and deploys as uploaders send them, and stores them.

use axum::body::Body;
use http::Request;
use model::announced::{AnnouncedRelease, Deploy, SourceCommit, SourceRef};
use model::outcome::{Reason, Refusal};
use model::time::Timestamp;
use serde::Deserialize;
use serde_json::Value;
use store::Kind;

use crate::Symbols;
use crate::uploader::Uploader;

/// Days to keep a release after it was last announced.
const KEPT_DAYS: i64 = 400;
/// How often a change is tried, if others change the release at the same time.
const MAX_ATTEMPTS: usize = 10;
/// The most commits of a body. More are refused, so that memory is bounded.
const MAX_SENT_COMMITS: usize = 10_000;

/// The fields of a body that are read; the rest is ignored.
#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct SentRelease {
    pub(super) version: Option<String>,
    projects: Option<Vec<Value>>,
    url: Option<String>,
    date_released: Option<String>,
    refs: Option<Vec<SentRef>>,
    commits: Option<Vec<SentCommit>>,
    // Of a deploy.
    environment: Option<String>,
    name: Option<String>,
    date_started: Option<String>,
    date_finished: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SentRef {
    repository: Option<String>,
    commit: Option<String>,
    previous_commit: Option<String>,
}

#[derive(Deserialize)]
struct SentCommit {
    id: Option<String>,
    message: Option<String>,
    author_name: Option<String>,
    timestamp: Option<String>,
    repository: Option<String>,
}

impl SentRelease {
    pub(super) async fn read(uploader: &Uploader, request: Request<Body>) -> Result<Self, Refusal> {
        let body = http_common::read_unpacked(request).await?;
        let bad = |message: String| Refusal::new(Reason::BodyInvalid, message);
        let sent: Self = match body.is_empty() {
            true => Self::default(),
            false => {
                serde_json::from_slice(&body).map_err(|error| bad(format!("the body is not a release: {error}")))?
            }
        };
        let count = sent.commits.as_ref().map_or(0, Vec::len);
        if count > MAX_SENT_COMMITS {
            return Err(bad(format!(
                "`commits` may have at most {MAX_SENT_COMMITS} entries (got {count}): send the newest"
            )));
        }
        let name = |project: &Value| project.as_str().map_or_else(|| project.to_string(), str::to_owned);
        uploader.check_projects(&sent.projects.iter().flatten().map(name).collect::<Vec<_>>())?;
        Ok(sent)
    }

    /// Changes a release as this body says. What it leaves out stays.
    pub(super) fn apply(&self, release: &mut AnnouncedRelease) {
        if let Some(released) = self.date_released.as_deref().and_then(|at| Timestamp::parse(at).ok()) {
            release.released_at = Some(released);
        }
        if let Some(url) = text(&self.url) {
            release.url = Some(url);
        }
        if let Some(refs) = self.refs.as_ref().filter(|refs| !refs.is_empty()) {
            let read = |sent: &SentRef| {
                let (repository, commit) = (text(&sent.repository).unwrap_or_default(), text(&sent.commit)?);
                Some(SourceRef { repository, commit, previous: text(&sent.previous_commit) })
            };
            release.set_refs(refs.iter().filter_map(read).collect());
        }
        if let Some(commits) = self.commits.as_ref().filter(|commits| !commits.is_empty()) {
            let read = |sent: &SentCommit| {
                Some(SourceCommit {
                    id: text(&sent.id)?,
                    message: text(&sent.message).unwrap_or_default(),
                    author: text(&sent.author_name),
                    at: sent.timestamp.as_deref().and_then(|at| Timestamp::parse(at).ok()),
                    repository: text(&sent.repository),
                })
            };
            release.set_commits(commits.iter().filter_map(read).collect());
        }
    }

    /// The deploy that this body describes.
    pub(super) fn deploy(&self, now: Timestamp) -> Result<Deploy, Refusal> {
        let missing =
            || Refusal::new(Reason::BodyInvalid, "`environment` is missing: send its name, such as `production`");
        let moment = |at: &Option<String>| at.as_deref().and_then(|at| Timestamp::parse(at).ok());
        Ok(Deploy {
            environment: text(&self.environment).ok_or_else(missing)?,
            name: text(&self.name),
            url: text(&self.url),
            started_at: moment(&self.date_started),
            finished_at: moment(&self.date_finished).unwrap_or(now),
        })
    }
}

fn text(sent: &Option<String>) -> Option<String> {
    sent.as_deref().and_then(AnnouncedRelease::short)
}

impl Symbols {
    /// Changes a release of the uploader's project. It is announced by that, if it was not before.
    pub(super) async fn announce(
        &self,
        uploader: &Uploader,
        name: &str,
        change: impl Fn(&mut AnnouncedRelease),
    ) -> Result<AnnouncedRelease, Refusal> {
        let (project, store, now) = (uploader.project.id, &self.stores.announced_releases, self.clock.now());
        for _ in 0..MAX_ATTEMPTS {
            let new = AnnouncedRelease::new(name, now);
            let (mut release, version) = match store.announced(project, &new.name).await? {
                Some((release, version)) => (release, Some(version)),
                None => (new, None),
            };
            change(&mut release);
            match store.put_announced(project, &release, version, now.plus_seconds(KEPT_DAYS * 86_400)).await {
                Err(error) if error.kind() == Kind::Conflict => {}
                stored => return Ok(stored.map(|()| release)?),
            }
        }
        Err(Refusal::new(Reason::Unavailable, "others keep changing this release: try again"))
    }
}
