//! Writes occurrences into segments, before the commit, so that everything the commit refers to is durable. Few occurrences
//! are not worth an object in S3: they are stored in their references, which the commit writes.

use std::collections::BTreeMap;
use std::io;

use formats::inline_frame;
use formats::segment::SegmentWriter;
use futures_util::future::join_all;
use model::id::{ProjectId, ReferenceId, SegmentId};
use store::ports::{FramePlace, Reference};
use store::{Kind, StoreError};

use crate::caches::StoredError;
use crate::error_batch::{ErrorBatch, FailedBatch, OccurrenceLine};
use crate::processor::Processor;
use crate::releases::ReleasedBatch;

/// The most events of a reference. Each takes 8 bytes, and 18 more with attachments, which must keep the item far below
/// DynamoDB's 400 kB.
const MAX_REFERENCE_EVENTS: usize = 10_000;

// When frames are stored in their references. A write to S3 costs as much as eight write units on demand, or about twenty
// provisioned ones; a further KiB in an item costs two, because a transaction writes it, and is kept longer than an object
// for the same money.

/// The most frames of a project and batch. More of them share an object of S3 for less than their storage in the table.
const MAX_INLINE_FRAMES: usize = 8;
/// The most units that they may cost in addition to those of their references.
const MAX_FURTHER_UNITS: usize = 3;
/// The most text of a frame, in bytes: nothing this large fits, so it need not be packed to find out.
const MAX_INLINE_TEXT: usize = 64 << 10;
/// The size of a write unit, in bytes.
const UNIT: usize = 1_024;
/// The size of a reference without its frame, in bytes.
const REFERENCE_BYTES: usize = 200;

/// Occurrences that are stored, or will be with the commit: `references` have them, or point to them.
pub(crate) struct WrittenBatch {
    pub(crate) batch: ErrorBatch,
    pub(crate) stored: StoredError,
    pub(crate) references: Vec<Reference>,
}

impl Processor {
    /// Stores the occurrences of the batches that no earlier attempt wrote: one segment for each project, or none if there
    /// are few of them.
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
        let unwritten = batches.iter_mut().map(|released| &mut released.batch);
        let mut unwritten: Vec<_> = unwritten.filter(|batch| batch.references.is_none()).collect();
        if unwritten.is_empty() {
            return Ok(());
        }
        let references = match self.refer_inline(&unwritten)? {
            Some(references) => references,
            None => {
                let segment = SegmentId::new(project, self.clock.now(), self.clock.random()).kept(retention);
                let mut writer = SegmentWriter::new();
                let references = self.refer_to_segment(&unwritten, &segment, &mut writer)?;
                self.stores.segments.put(&segment, writer.finish()).await?;
                references
            }
        };
        for (batch, references) in unwritten.iter_mut().zip(references) {
            batch.references = Some(references);
            batch.ids_indexed = false;
        }
        Ok(())
    }

    /// Packs the occurrences of each batch into its references. `None` if a segment is cheaper.
    fn refer_inline(&self, batches: &[&mut ErrorBatch]) -> store::Result<Option<Vec<Vec<Reference>>>> {
        if batches.iter().map(|batch| split_into_frames(&batch.occurrences).count()).sum::<usize>() > MAX_INLINE_FRAMES
        {
            return Ok(None);
        }
        let (mut referred, mut further_units) = (Vec::with_capacity(batches.len()), 0);
        for batch in batches {
            let mut references = Vec::new();
            for occurrences in split_into_frames(&batch.occurrences) {
                let lines = occurrences.iter().map(|occurrence| occurrence.line.as_slice());
                if lines.clone().map(<[u8]>::len).sum::<usize>() > MAX_INLINE_TEXT {
                    return Ok(None);
                }
                let frame = inline_frame::pack(lines).map_err(|error| unpackable(&error))?;
                further_units += (REFERENCE_BYTES + frame.len()).div_ceil(UNIT) - 1;
                if further_units > MAX_FURTHER_UNITS {
                    return Ok(None);
                }
                references.push(self.refer(occurrences, FramePlace::Inline(frame.into())));
            }
            referred.push(references);
        }
        Ok(Some(referred))
    }

    fn refer_to_segment(
        &self,
        batches: &[&mut ErrorBatch],
        segment: &SegmentId,
        writer: &mut SegmentWriter,
    ) -> store::Result<Vec<Vec<Reference>>> {
        let mut refer = |occurrences: &[OccurrenceLine]| {
            let lines = occurrences.iter().map(|occurrence| occurrence.line.as_slice());
            let range = writer.frame(lines).map_err(|error| unpackable(&error))?;
            Ok(self.refer(occurrences, FramePlace::Segment { id: segment.clone(), range }))
        };
        batches.iter().map(|batch| split_into_frames(&batch.occurrences).map(&mut refer).collect()).collect()
    }

    /// The reference to a frame of these occurrences, which are newest first.
    fn refer(&self, occurrences: &[OccurrenceLine], frame: FramePlace) -> Reference {
        let newest = &occurrences[0].sighting;
        let oldest = &occurrences[occurrences.len() - 1].sighting;
        Reference {
            id: ReferenceId::new(newest.timestamp, self.clock.random()),
            frame,
            first: oldest.timestamp,
            last: newest.timestamp,
            events: occurrences.iter().map(|occurrence| occurrence.event).collect(),
            attached: occurrences.iter().filter_map(|occurrence| occurrence.attached.clone()).collect(),
        }
    }
}

fn unpackable(error: &io::Error) -> StoreError {
    StoreError::new(Kind::Rejected, "packing a frame", error.to_string())
}

/// Splits occurrences, newest first, into the frames of a segment. A frame has occurrences of one minute.
pub(crate) fn split_into_frames(occurrences: &[OccurrenceLine]) -> impl Iterator<Item = &[OccurrenceLine]> {
    let minutes = occurrences.chunk_by(|a, b| a.minute() == b.minute());
    minutes.flat_map(|minute| minute.chunks(MAX_REFERENCE_EVENTS))
}
