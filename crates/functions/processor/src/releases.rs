//! The releases that occurrences are of: from when on there were any of each, in the whole project.
//!
//! They are noted ahead of the commit, whose errors are told since when the project has the release: whether a release is
//! newer than a moment decides if an error is resolved in it. A process notes a release once an hour, and each time that
//! an occurrence of it was received earlier than it knew.

use std::collections::{BTreeMap, HashMap};
use std::sync::{Mutex, PoisonError};

use futures_util::StreamExt;
use model::id::ProjectId;
use model::project::Retention;
use model::timeline::Hour;
use store::ports::Release;

use crate::Processor;
use crate::commit::Undone;
use crate::group::Unit;
use crate::known::Read;

/// The most releases that are noted of a project at one attempt: one that makes a release of each event costs no more.
const MAX_RELEASES: usize = 50;
/// How many are noted at once.
const CONCURRENT: usize = 8;
/// How many releases are remembered; beyond it all are forgotten, and noted once more.
const REMEMBERED: usize = 10_000;

/// The releases of a batch, by name, as far as they could be noted.
type Noted = HashMap<ProjectId, HashMap<String, store::Result<Release>>>;

/// What this process knows of releases.
#[derive(Default)]
pub(crate) struct Met(Mutex<HashMap<(ProjectId, String), Release>>);

impl Met {
    /// The release, if there is nothing to note of it.
    fn recall(&self, project: ProjectId, seen: &Release) -> Option<Release> {
        let met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let known = met.get(&(project, seen.name.clone()))?;
        let is_noted = known.first_seen <= seen.first_seen && Hour::of(known.last_seen) >= Hour::of(seen.last_seen);
        is_noted.then(|| known.clone())
    }

    fn remember(&self, project: ProjectId, release: Release) {
        let mut met = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if met.len() >= REMEMBERED {
            met.clear();
        }
        met.insert((project, release.name.clone()), release);
    }
}

impl Processor {
    /// Notes the releases of these units, and tells their occurrences since when the project has theirs. What a further
    /// attempt may note is undone. Of what cannot be noted otherwise nothing is told: it holds no event up.
    pub(crate) async fn note_releases(&self, work: Vec<(Unit, Read)>) -> (Vec<(Unit, Read)>, Vec<Undone>) {
        let seen = seen(&work).into_iter().map(|(project, retention, seen)| async move {
            let release = self.note_release(project, &seen, retention).await;
            (project, seen.name, release)
        });
        let seen: Vec<_> = futures_util::stream::iter(seen).buffer_unordered(CONCURRENT).collect().await;
        let mut noted = Noted::new();
        for (project, name, release) in seen {
            noted.entry(project).or_default().insert(name, release);
        }
        let (mut done, mut undone) = (Vec::new(), Vec::new());
        for (mut unit, read) in work {
            match tell(&mut unit, &noted) {
                Ok(()) => done.push((unit, read)),
                Err(error) => undone.push(Undone { unit, error }),
            }
        }
        (done, undone)
    }

    async fn note_release(
        &self,
        project: ProjectId,
        seen: &Release,
        retention: Option<Retention>,
    ) -> store::Result<Release> {
        if let Some(known) = self.met.recall(project, seen) {
            return Ok(known);
        }
        let expires_at = self.expires_at(self.clock.now(), retention);
        let noted = self.releases.note(project, seen, expires_at).await;
        match &noted {
            Ok(release) => self.met.remember(project, release.clone()),
            Err(error) if !error.is_transient() => {
                tracing::warn!(project.id = %project, error.message = %error, "a release is not noted");
            }
            Err(_) => {}
        }
        noted
    }
}

/// The releases of these units, each with the first and the last moment at which an occurrence was received.
fn seen(work: &[(Unit, Read)]) -> Vec<(ProjectId, Option<Retention>, Release)> {
    let mut seen: BTreeMap<ProjectId, (Option<Retention>, BTreeMap<&str, Release>)> = BTreeMap::new();
    for (unit, _) in work {
        let (retention, of_project) = seen.entry(unit.project).or_default();
        *retention = unit.settings.retention;
        for sighting in unit.entries.iter().map(|entry| &entry.sighting) {
            let Some(name) = sighting.release.as_deref() else { continue };
            let at = sighting.received_at;
            if let Some(release) = of_project.get_mut(name) {
                release.first_seen = release.first_seen.min(at);
                release.last_seen = release.last_seen.max(at);
            } else if of_project.len() < MAX_RELEASES {
                of_project.insert(name, Release { name: name.to_owned(), first_seen: at, last_seen: at });
            }
        }
    }
    let flat = |(project, (retention, releases)): (_, (_, BTreeMap<_, _>))| {
        releases.into_values().map(move |release| (project, retention, release))
    };
    seen.into_iter().flat_map(flat).collect()
}

fn tell(unit: &mut Unit, noted: &Noted) -> store::Result<()> {
    let Some(noted) = noted.get(&unit.project) else { return Ok(()) };
    for sighting in unit.entries.iter_mut().map(|entry| &mut entry.sighting) {
        match sighting.release.as_deref().and_then(|name| noted.get(name)) {
            Some(Ok(release)) => sighting.release_since = Some(release.first_seen),
            Some(Err(error)) if error.is_transient() => return Err(error.clone()),
            Some(Err(_)) | None => {}
        }
    }
    Ok(())
}
