//! DynamoDB and its streams, based on `dynoxide`.
//!
//! Covered: the part of DynamoDB that dynoxide 3.2 covers (tables, items, queries, batches, transactions with request
//! tokens, secondary indexes, time to live, and streams), for the clients of `aws-sdk-dynamodb` and
//! `aws-sdk-dynamodbstreams`.
//!
//! Not covered: throttling, transaction conflicts (operations run one after another, so there are none), backups and
//! point-in-time recovery, PartiQL, global tables. Request tokens of transactions are forgotten when the process ends.
//! Expired items are deleted only by [`Dynamo::sweep_ttl`], and stream records only by [`Dynamo::trim_streams`]: the
//! caller must call both regularly.
//!
//! Power loss: dynoxide opens its file in WAL mode and leaves `synchronous` at SQLite's default. That is FULL unless
//! SQLite was built otherwise, which [`Dynamo`] checks when it opens the file. So an answered write is on disk.
//! dynoxide's `disable_bulk_loading` would lower the level to NORMAL, so nothing here calls it.

mod dispatch;
mod streams;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use dynoxide::Database;
use http::StatusCode;
use tokio::sync::Semaphore;

use crate::Error;
use crate::shared::directory::{Directory, EngineStorage};
use crate::shared::wire::{self, Protocol};
use streams::Records;

/// The most operations that run on blocking threads at once. The engine is one lock around one connection: a second
/// thread can process JSON while the first is in SQLite; more threads would only compete for the lock.
const GATE: u32 = 2;

/// The DynamoDB engine: an `HttpClient` for `aws-sdk-dynamodb` and `aws-sdk-dynamodbstreams`.
#[derive(Clone)]
pub struct Dynamo(Arc<Inner>);

struct Inner {
    database: Database,
    records: Records,
    gate: Arc<Semaphore>,
    /// The last field, so that the directory's lock is released after the connections are closed.
    _held: Option<Directory>,
}

impl Dynamo {
    pub(crate) fn open(place: &EngineStorage) -> Result<Self, Error> {
        let (path, held) = match place {
            EngineStorage::Directory(directory) => (directory.file("dynamo.db"), Some(directory.clone())),
            EngineStorage::Memory => (streams::memory_path()?, None),
        };
        let fail = |reason: String| Error::Open { path: path.clone(), reason };
        let name = path.to_str().ok_or_else(|| fail("its path is not UTF-8".to_owned()))?;
        let database = Database::new(name).map_err(|e| fail(e.to_string()))?;
        let records = Records::open(name).map_err(fail)?;
        Ok(Self(Arc::new(Inner { database, records, gate: Arc::new(Semaphore::new(GATE as usize)), _held: held })))
    }

    /// Deletes expired items in all tables that have a time to live, in steps of 25, between which other requests are
    /// served. As in AWS, each deletion becomes a stream record. Returns the number of deleted items.
    ///
    /// # Errors
    /// [`Error::Failed`] if a deletion fails; earlier deletions remain in effect.
    pub async fn sweep_ttl(&self) -> Result<u64, Error> {
        let inner = Arc::clone(&self.0);
        let swept = blocking(move || inner.database.sweep_ttl()).await?;
        swept.map(|n| n as u64).map_err(|e| Error::failed("dynamo", e))
    }

    /// Deletes stream records that were written before `older_than`. AWS keeps them for a day. Returns how many were
    /// deleted.
    ///
    /// # Errors
    /// [`Error::Failed`] if a deletion fails; earlier deletions remain in effect.
    pub async fn trim_streams(&self, older_than: SystemTime) -> Result<u64, Error> {
        let mut trimmed = 0;
        loop {
            // Take all permits, so that the second connection and dynoxide's never use the file at the same time.
            let all = Arc::clone(&self.0.gate).acquire_many_owned(GATE).await.map_err(stopped)?;
            let inner = Arc::clone(&self.0);
            let step = blocking(move || {
                let _all = all;
                inner.records.trim(older_than)
            });
            match step.await?.map_err(|e| Error::failed("dynamo", e))? {
                0 => return Ok(trimmed),
                n => trimmed += n,
            }
        }
    }

    /// See [`crate::Engines::reclaim`].
    pub(crate) async fn reclaim(&self) -> Result<u64, Error> {
        let mut bytes = 0;
        loop {
            let all = Arc::clone(&self.0.gate).acquire_many_owned(GATE).await.map_err(stopped)?;
            let inner = Arc::clone(&self.0);
            let step = blocking(move || {
                let _all = all;
                match inner.records.reclaim()? {
                    0 => inner.records.empty_journal().map(|()| 0),
                    step => Ok(step),
                }
            });
            match step.await?.map_err(|e: rusqlite::Error| Error::failed("dynamo", e))? {
                0 => return Ok(bytes),
                step => bytes += step,
            }
        }
    }

    async fn serve(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let other = |e: Error| ConnectorError::other(e.into(), None);
        let permit = Arc::clone(&self.0.gate).acquire_owned().await.map_err(|e| other(stopped(e)))?;
        blocking(move || {
            let _permit = permit;
            let operation = wire::operation(&request);
            let (status, body) = dispatch::answer(&self.0.database, &operation, wire::body(&request));
            let status = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
            wire::json(status, Protocol::Json10, body)
        })
        .await
        .map_err(other)
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dynamo")
    }
}

wire::http_client!(Dynamo);

async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
    tokio::task::spawn_blocking(work).await.map_err(stopped)
}

fn stopped(reason: impl ToString) -> Error {
    Error::failed("dynamo", reason)
}
