use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use futures_util::stream::{FuturesUnordered, StreamExt};
use model::id::{DebugId, ProjectId};
use model::occurrence::Occurrence;
use retrace::{FoundClass, FoundClasses, MappingDirectory, RetraceProblem, WantedClasses, apply, class_in, wanted};
use source_maps::ObjectRange;
use store::StoreError;
use store::ports::{MapItem, MapKind};
use tokio::time::{Instant, timeout_at};

use crate::Symbolicator;

/// The most blocks that are read at once.
const CONCURRENT: usize = 16;

/// Why a mapping cannot be used.
enum MappingFailure {
    Problem(RetraceProblem),
    Storage(StoreError),
}

impl From<StoreError> for MappingFailure {
    fn from(error: StoreError) -> Self {
        Self::Storage(error)
    }
}

impl MappingFailure {
    fn explain(self) -> RetraceProblem {
        match self {
            Self::Problem(problem) => problem,
            Self::Storage(error) => {
                tracing::warn!(error.message = %error, "failed to look up a ProGuard mapping");
                RetraceProblem::NotRead
            }
        }
    }
}

impl Symbolicator {
    /// Replaces obfuscated frames and exceptions of a Java event by the original ones.
    pub(crate) async fn map_classes(
        &self,
        project: ProjectId,
        occurrence: &mut Occurrence,
        end: Instant,
        explains: bool,
    ) -> Option<Box<Occurrence>> {
        let wanted = wanted(occurrence).filter(|wanted| explains || !wanted.ids.is_empty())?;
        let late = |_| FoundClasses { problem: Some(RetraceProblem::NotRead), ..FoundClasses::default() };
        let found = timeout_at(end, self.find_classes(project, wanted)).await.unwrap_or_else(late);
        let before = (!found.classes.is_empty()).then(|| Box::new(occurrence.clone()));
        let is_mapped = (explains || before.is_some()) && apply(occurrence, &found, explains);
        before.filter(|_| is_mapped)
    }

    /// Looks the classes of an event up in its mappings. The first mapping that has a class wins.
    async fn find_classes(&self, project: ProjectId, wanted: WantedClasses) -> FoundClasses {
        let mut found = FoundClasses::default();
        let mut missing = wanted.classes;
        let mut problem = None;
        for id in &wanted.ids {
            match self.find_in_mapping(project, *id, &missing).await {
                Ok(classes) => {
                    found.id = found.id.or(Some(*id));
                    missing.retain(|class| !classes.contains_key(class));
                    found.classes.extend(classes);
                }
                Err(failure) => problem = problem.or(Some(failure.explain())),
            }
        }
        found.problem = match found.id {
            Some(_) => None,
            None => problem.or(Some(RetraceProblem::NoId)),
        };
        found
    }

    async fn find_in_mapping(
        &self,
        project: ProjectId,
        id: DebugId,
        classes: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, FoundClass>, MappingFailure> {
        let missing = || MappingFailure::Problem(RetraceProblem::NotUploaded(id));
        let item = self.find_item(project, id).await?.filter(|item| item.kind == MapKind::ProGuard);
        let item = item.ok_or_else(missing)?;
        self.renew(project, &item).await;
        let directory = self.mapping_directory(project, &item).await?.ok_or_else(missing)?;
        let mut blocks: BTreeMap<u64, (ObjectRange, Vec<String>)> = BTreeMap::new();
        for class in classes {
            if let Some(block) = directory.block(class) {
                blocks.entry(block.offset).or_insert_with(|| (block, Vec::new())).1.push(class.clone());
            }
        }
        let mut waiting = blocks.into_values().map(|(block, classes)| {
            let upload = item.upload;
            async move { (self.read_part(project, &upload, block).await, classes) }
        });
        let mut running: FuturesUnordered<_> = waiting.by_ref().take(CONCURRENT).collect();
        let mut found = BTreeMap::new();
        while let Some((block, classes)) = running.next().await {
            running.extend(waiting.next());
            let block = block?.ok_or_else(missing)?;
            for class in classes {
                let text = class_in(&block, &class).map_err(|error| damaged(project, id, &error))?;
                if let Some(text) = text {
                    found.insert(class, FoundClass { id, text });
                }
            }
        }
        Ok(found)
    }

    async fn mapping_directory(
        &self,
        project: ProjectId,
        item: &MapItem,
    ) -> Result<Option<Arc<MappingDirectory>>, MappingFailure> {
        let range = ObjectRange { offset: item.offset, length: item.length };
        let key = (project, item.upload, range);
        if let Some(directory) = self.cache.mapping_directories.get(&key) {
            return Ok(Some(directory));
        }
        let Some(packed) = self.fetch(project, &item.upload, range).await? else { return Ok(None) };
        let directory = MappingDirectory::parse(&packed).map_err(|error| damaged(project, item.id, &error))?;
        let directory = Arc::new(directory);
        self.cache.mapping_directories.insert(key, directory.clone());
        Ok(Some(directory))
    }
}

fn damaged(project: ProjectId, id: DebugId, error: &dyn std::fmt::Display) -> MappingFailure {
    tracing::error!(project.id = %project, debug.id = %id, error.message = %error, "failed to read a ProGuard mapping");
    MappingFailure::Problem(RetraceProblem::Damaged(id))
}
