//! Writes occurrences into segments, before the commit, so that everything the commit refers to is durable.

use std::collections::BTreeMap;

use formats::segment::SegmentWriter;
use futures_util::future::join_all;
use model::id::{ProjectId, ReferenceId, SegmentId};
use store::ports::Reference;
use store::{Kind, StoreError};

use crate::caches::StoredError;
use crate::error_batch::{ErrorBatch, FailedBatch, OccurrenceLine};
use crate::processor::Processor;
use crate::releases::ReleasedBatch;

/// The most events of a reference. Their hashes take 8 bytes each and must keep the item far below DynamoDB's 400 kB.
const MAX_REFERENCE_EVENTS: usize = 10_000;

/// Occurrences that are stored in a segment, where `references` point to them.
pub(crate) struct WrittenBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) stored: StoredError,
    pub(crate) references: Vec<Reference>,
}

impl Processor {
    /// Writes one segment for each project, with the batches that no earlier attempt wrote.
    pub(crate) async fn write_segments(
        &self,
        batches: Vec<ReleasedBatch>,
        failed: &mut Vec<FailedBatch>,
    ) -> Vec<WrittenBatch> {
        let mut projects: BTreeMap<ProjectId, Vec<ReleasedBatch>> = BTreeMap::new();
        for released in batches {
            projects.entry(released.batch.project).or_default().push(released);
        }
        let writes = projects.into_iter().map(|(project, mut batches)| async move {
            let result = self.write_segment(project, &mut batches).await;
            (batches, result)
        });
        let mut written = Vec::new();
        for (batches, result) in join_all(writes).await {
            match result {
                Ok(()) => written.extend(batches.into_iter().map(|ReleasedBatch { batch, stored }| {
                    let references = batch.references.clone().unwrap_or_default();
                    WrittenBatch { batch, stored, references }
                })),
                Err(error) => {
                    let batches = batches.into_iter().map(|released| released.batch);
                    failed.extend(batches.map(|batch| FailedBatch { batch, error: error.clone() }));
                }
            }
        }
        written
    }

    async fn write_segment(&self, project: ProjectId, batches: &mut [ReleasedBatch]) -> store::Result<()> {
        // All occurrences of one project in a batch have the same settings.
        let retention = batches.first().and_then(|released| released.batch.settings.retention);
        let segment = SegmentId::new(project, self.clock.now(), self.clock.random()).kept(retention);
        let mut writer = SegmentWriter::new();
        let mut unwritten = Vec::new();
        for batch in batches.iter_mut().map(|released| &mut released.batch).filter(|batch| batch.references.is_none()) {
            let frames = split_into_frames(&batch.occurrences);
            let references = frames.map(|occurrences| self.write_frame(&segment, &mut writer, occurrences));
            let references = references.collect::<store::Result<Vec<_>>>()?;
            unwritten.push((batch, references));
        }
        if unwritten.is_empty() {
            return Ok(());
        }
        self.stores.segments.put(&segment, writer.finish()).await?;
        for (batch, references) in unwritten {
            batch.references = Some(references);
            batch.ids_indexed = false;
        }
        Ok(())
    }

    fn write_frame(
        &self,
        segment: &SegmentId,
        writer: &mut SegmentWriter,
        occurrences: &[OccurrenceLine],
    ) -> store::Result<Reference> {
        let lines = occurrences.iter().map(|occurrence| occurrence.line.as_slice());
        let frame = writer
            .frame(lines)
            .map_err(|error| StoreError::new(Kind::Rejected, "packing a frame", error.to_string()))?;
        let newest = &occurrences[0].sighting;
        let oldest = &occurrences[occurrences.len() - 1].sighting;
        Ok(Reference {
            id: ReferenceId::new(newest.timestamp, self.clock.random()),
            segment: segment.clone(),
            frame,
            first: oldest.timestamp,
            last: newest.timestamp,
            events: occurrences.iter().map(|occurrence| occurrence.event).collect(),
        })
    }
}

/// Splits occurrences, newest first, into the frames of a segment. A frame has occurrences of one minute.
pub(crate) fn split_into_frames(occurrences: &[OccurrenceLine]) -> impl Iterator<Item = &[OccurrenceLine]> {
    let minutes = occurrences.chunk_by(|a, b| a.minute() == b.minute());
    minutes.flat_map(|minute| minute.chunks(MAX_REFERENCE_EVENTS))
}
