use serde::{Deserialize, Serialize};

use super::{Sighting, cut};
use crate::occurrence::Level;
use crate::time::Timestamp;

/// The origin of an occurrence, which the filters of notification rules look at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origin {
    /// Its environment, cut to 100 bytes.
    #[serde(default, rename = "e", skip_serializing_if = "Option::is_none")]
    pub environment: Option<String>,
    #[serde(rename = "l")]
    pub level: Level,
    /// Its release, cut to 100 bytes.
    #[serde(default, rename = "r", skip_serializing_if = "Option::is_none")]
    pub release: Option<String>,
}

impl Origin {
    fn of(sighting: &Sighting) -> Self {
        let text = |text: &Option<String>| text.as_deref().map(|text| cut(text, Seen::MAX_TEXT));
        Self { environment: text(&sighting.environment), level: sighting.level, release: text(&sighting.release) }
    }

    /// The approximate size in bytes.
    fn size(&self) -> usize {
        let length = |text: &Option<String>| text.as_ref().map_or(0, String::len);
        length(&self.environment) + length(&self.release) + 16
    }
}

/// The distinct origins of the occurrences in an error's last commit, up to 2 KiB. Origins beyond that are dropped, so
/// a commit with several hundred different releases is matched by its oldest ones only.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Seen(Vec<Origin>);

/// Maximum size of the origins of one commit, in bytes. Each commit writes them, and pays by the kilobyte.
const MAX_SEEN: usize = 2 << 10;

impl Seen {
    /// Maximum length of an environment or release that is kept, in bytes.
    pub const MAX_TEXT: usize = 100;

    pub(super) fn add(&mut self, sighting: &Sighting) {
        let origin = Origin::of(sighting);
        if !self.0.contains(&origin) && size(&self.0) + origin.size() <= MAX_SEEN {
            self.0.push(origin);
        }
    }

    /// The distinct origins, in the order of the occurrences.
    pub fn origins(&self) -> &[Origin] {
        &self.0
    }
}

fn size(origins: &[Origin]) -> usize {
    origins.iter().map(Origin::size).sum()
}

/// The origins of an error's occurrences: since its incarnation began, and since it last came back. A rule asks whether
/// an earlier occurrence matched, so whole origins are kept, not separate lists of environments, levels and releases.
///
/// At most 4 KiB of each are kept, about 130 origins. Beyond that, an origin is added only if its combination of
/// environment and level is new. So filters by environment and level stay exact, while further releases are forgotten.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Origins {
    #[serde(default, rename = "a", skip_serializing_if = "Vec::is_empty")]
    ever: Vec<Origin>,
    #[serde(default, rename = "s", skip_serializing_if = "Vec::is_empty")]
    since: Vec<Origin>,
    /// When the error came back: the `status_at` that `since` belongs to, in microseconds.
    #[serde(default, rename = "t", skip_serializing_if = "Option::is_none")]
    back_at: Option<i64>,
}

/// Maximum size of the origins of an incarnation, in bytes.
const MAX_EVER: usize = 4 << 10;
/// The limit in bytes even for new combinations of environment and level.
const MAX_ALL: usize = 8 << 10;

impl Origins {
    /// Records an occurrence. `back_at` is when the error came back, if it has, and if nobody has set its status since.
    pub(super) fn add(&mut self, sighting: &Sighting, back_at: Option<Timestamp>) {
        let origin = Origin::of(sighting);
        if let Some(back_at) = back_at.map(Timestamp::micros) {
            if self.back_at != Some(back_at) {
                self.since.clear();
                self.back_at = Some(back_at);
            }
            remember(&mut self.since, &origin);
        }
        remember(&mut self.ever, &origin);
    }

    /// Copies the origins of an incarnation, except those since it came back.
    pub(super) fn be_as(&mut self, incarnation: &Self) {
        self.ever.clone_from(&incarnation.ever);
    }

    /// Adds the origins of an error that is merged into this one.
    pub(super) fn join(&mut self, other: &Self) {
        other.ever.iter().for_each(|origin| remember(&mut self.ever, origin));
    }

    /// All origins of this incarnation.
    pub fn ever(&self) -> &[Origin] {
        &self.ever
    }

    /// The origins since the error came back at `moment`.
    pub fn since(&self, moment: Timestamp) -> &[Origin] {
        if self.back_at == Some(moment.micros()) { &self.since } else { &[] }
    }
}

fn remember(origins: &mut Vec<Origin>, origin: &Origin) {
    if origins.contains(origin) {
        return;
    }
    let is_alike = |other: &Origin| other.environment == origin.environment && other.level == origin.level;
    let after = size(origins) + origin.size();
    if after <= MAX_EVER || (after <= MAX_ALL && !origins.iter().any(is_alike)) {
        origins.push(origin.clone());
    }
}
