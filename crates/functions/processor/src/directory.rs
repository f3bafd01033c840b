//! Where events are, written down ahead of the commit that makes it so: what is committed can always be found by its id.
//! An entry whose commit never comes points to nothing, which a reader sees.

use formats::event_index::{Entries, EventLocation};
use model::id::ProjectId;
use store::ports::Entered;

use crate::Processor;
use crate::group::Unit;
use crate::known::Read;

impl Processor {
    /// Enters the events of a project's units, whose references are written. Units that an earlier attempt entered are
    /// left out, unless their references are others by now.
    pub(crate) async fn enter(&self, project: ProjectId, work: &mut [(Unit, Read)]) -> store::Result<()> {
        let units = work.iter_mut().map(|(unit, _)| unit).filter(|unit| !unit.entered).collect::<Vec<_>>();
        let references = units.iter().flat_map(|unit| {
            let of_unit = unit.references.iter().flatten();
            of_unit.map(|reference| {
                let place = EventLocation { fingerprint: unit.fingerprint, reference: reference.id };
                (place, reference.events.as_slice())
            })
        });
        let entries = Entries::of(references);
        if entries == Entries::default() {
            return Ok(());
        }
        let at = self.clock.now();
        let retention = units.first().and_then(|unit| unit.settings.retention);
        let entered = Entered { at, random: self.clock.random(), expires_at: self.expires_at(at, retention) };
        self.directory.enter(project, &entries, entered).await?;
        for unit in units {
            unit.entered = true;
        }
        Ok(())
    }
}
