//! All four engines over one data directory.

use std::path::Path;

use crate::shared::directory::{Directory, EngineStorage, KEY_FILE};
use crate::shared::manifest::Manifest;
use crate::{Clock, Dynamo, Error, Kms, S3, Sqs};

/// The four engines. Clones share them; the directory is given back when the last clone of every engine is dropped.
#[derive(Clone, Debug)]
pub struct Engines {
    dynamo: Dynamo,
    s3: S3,
    sqs: Sqs,
    kms: Kms,
}

impl Engines {
    /// Opens the engines of `dir`, which is made (mode 0700) if it is not there. Blocks for some milliseconds.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process has it open, [`Error::KeyMissing`] if there is data but no KMS key, and
    /// otherwise what is wrong with which file.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Self::open_with_clock(dir, Clock::default())
    }

    /// [`Self::open`] with a clock of the caller's. DynamoDB keeps to the system's: dynoxide takes no other for files.
    ///
    /// # Errors
    /// As [`Self::open`].
    pub fn open_with_clock(dir: &Path, clock: impl Into<Clock>) -> Result<Self, Error> {
        let directory = Directory::open(dir)?;
        let key = directory.file(KEY_FILE);
        let manifest = Manifest::prepare(&directory)?;
        if manifest.is_complete() && !key.exists() {
            return Err(Error::KeyMissing { path: key });
        }
        let engines = Self::start(&EngineStorage::Directory(directory.clone()), clock.into())?;
        manifest.complete(&directory, engines.kms.key_id())?;
        directory.sync()?;
        Ok(engines)
    }

    /// Engines that hold everything in memory and make no file; for tests and trials.
    ///
    /// # Errors
    /// [`Error::Open`] if SQLite cannot be started.
    pub fn memory() -> Result<Self, Error> {
        Self::memory_with_clock(Clock::default())
    }

    /// [`Self::memory`] with a clock of the caller's, for all but DynamoDB.
    ///
    /// # Errors
    /// As [`Self::memory`].
    pub fn memory_with_clock(clock: impl Into<Clock>) -> Result<Self, Error> {
        Self::start(&EngineStorage::Memory, clock.into())
    }

    fn start(place: &EngineStorage, clock: Clock) -> Result<Self, Error> {
        // The key first: its absence beside the other files means that it was lost.
        let kms = Kms::open(place)?;
        Ok(Self {
            kms,
            dynamo: Dynamo::open(place)?,
            s3: S3::open(place, clock.clone())?,
            sqs: Sqs::open(place, clock)?,
        })
    }

    /// Gives the space of what was deleted back to the file system, in small steps between which other requests are
    /// served. What was written before is no longer in a journal then. Returns how many bytes were given back.
    ///
    /// # Errors
    /// [`Error::Failed`] if a file cannot be written; what was given back before stays so.
    pub async fn reclaim(&self) -> Result<u64, Error> {
        let dynamo = self.dynamo.reclaim().await?;
        Ok(dynamo + self.s3.reclaim().await? + self.sqs.reclaim().await?)
    }

    /// DynamoDB and its streams.
    pub fn dynamo(&self) -> &Dynamo {
        &self.dynamo
    }

    /// S3.
    pub fn s3(&self) -> &S3 {
        &self.s3
    }

    /// SQS.
    pub fn sqs(&self) -> &Sqs {
        &self.sqs
    }

    /// KMS.
    pub fn kms(&self) -> &Kms {
        &self.kms
    }
}
