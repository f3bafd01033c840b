//! All four engines on one data directory.

use std::path::Path;

use crate::shared::directory::{Directory, EngineStorage, KEY_FILE};
use crate::shared::manifest::Manifest;
use crate::{Clock, Dynamo, Error, Kms, S3, Sqs};

/// The four engines. Clones share them. The directory is released when the last clone of every engine is dropped.
#[derive(Clone, Debug)]
pub struct Engines {
    dynamo: Dynamo,
    s3: S3,
    sqs: Sqs,
    kms: Kms,
}

impl Engines {
    /// Opens the engines of `dir`, which is created with mode 0700 if it does not exist. Blocks for some milliseconds.
    ///
    /// # Errors
    /// [`Error::InUse`] if another process has it open, [`Error::KeyMissing`] if there is data but no KMS key, and
    /// otherwise an error that names the file and the problem.
    pub fn open(dir: &Path) -> Result<Self, Error> {
        Self::open_with_clock(dir, Clock::default())
    }

    /// Like [`Self::open`], with the caller's clock.
    ///
    /// # Errors
    /// Like [`Self::open`].
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

    /// Creates engines that keep everything in memory, without files; for tests and for trying things out.
    ///
    /// # Errors
    /// [`Error::Open`] if SQLite cannot be started.
    pub fn memory() -> Result<Self, Error> {
        Self::memory_with_clock(Clock::default())
    }

    /// Like [`Self::memory`], with the caller's clock.
    ///
    /// # Errors
    /// Like [`Self::memory`].
    pub fn memory_with_clock(clock: impl Into<Clock>) -> Result<Self, Error> {
        Self::start(&EngineStorage::Memory, clock.into())
    }

    fn start(place: &EngineStorage, clock: Clock) -> Result<Self, Error> {
        // Open the key first: if it is missing although the other files exist, it was lost.
        let kms = Kms::open(place)?;
        Ok(Self {
            kms,
            dynamo: Dynamo::open(place, clock.clone())?,
            s3: S3::open(place, clock.clone())?,
            sqs: Sqs::open(place, clock)?,
        })
    }

    /// Returns the space of deleted data to the file system, in small steps between which other requests are served.
    /// After that, no journal contains older data. Returns the number of bytes that were freed.
    ///
    /// # Errors
    /// [`Error::Failed`] if a file cannot be written; space that was freed before stays free.
    pub async fn reclaim(&self) -> Result<u64, Error> {
        let dynamo = self.dynamo.reclaim().await?;
        Ok(dynamo + self.s3.reclaim().await? + self.sqs.reclaim().await?)
    }

    /// DynamoDB and its streams.
    pub fn dynamo(&self) -> &Dynamo {
        &self.dynamo
    }

    pub fn s3(&self) -> &S3 {
        &self.s3
    }

    pub fn sqs(&self) -> &Sqs {
        &self.sqs
    }

    pub fn kms(&self) -> &Kms {
        &self.kms
    }
}
