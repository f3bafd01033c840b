//! DynamoDB and its streams, by `dynoxide`.
//!
//! Covered: what dynoxide 3.2 covers of tables, items, queries, batches, transactions with request tokens, secondary
//! indexes, time to live and streams, for the clients of `aws-sdk-dynamodb` and `aws-sdk-dynamodbstreams`.
//!
//! Not covered: throttling, transaction conflicts (operations run one after the other, so there are none), backups
//! and point-in-time recovery, PartiQL, global tables. Request tokens of transactions are forgotten at the end of
//! the process. Items whose time to live is over are deleted only by [`Dynamo::sweep_ttl`], stream records only by
//! [`Dynamo::trim_streams`]: somebody has to call them.
//!
//! Power loss: dynoxide opens its file in WAL mode and leaves `synchronous` at SQLite's default. That is FULL unless
//! SQLite was built otherwise, which [`Dynamo`] checks when it opens: an answered write is on the disk.
//! `disable_bulk_loading` of dynoxide would lower it to NORMAL, so nothing here calls it.

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

/// Operations on blocking threads at once. The engine is one lock around one connection: a second thread reads and
/// writes JSON while the first is in SQLite, more only fight for the lock.
const GATE: u32 = 2;

/// The DynamoDB engine: an `HttpClient` for `aws-sdk-dynamodb` and `aws-sdk-dynamodbstreams`.
#[derive(Clone)]
pub struct Dynamo(Arc<Inner>);

struct Inner {
    database: Database,
    records: Records,
    gate: Arc<Semaphore>,
    /// Last, so that the directory's lock outlives the connections.
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

    /// Deletes the items whose time to live is over, in all tables that have one. Other requests are served between
    /// pages of 25. Each deletion becomes a stream record, as in AWS. Returns how many were deleted.
    ///
    /// # Errors
    /// [`Error::Failed`] if a deletion fails; those before it stand.
    pub async fn sweep_ttl(&self) -> Result<u64, Error> {
        let inner = Arc::clone(&self.0);
        let swept = blocking(move || inner.database.sweep_ttl()).await?;
        swept.map(|n| n as u64).map_err(|e| Error::failed("dynamo", e))
    }

    /// Deletes the stream records written before `older_than`. AWS keeps them for a day. Returns how many.
    ///
    /// # Errors
    /// [`Error::Failed`] if a deletion fails; those before it stand.
    pub async fn trim_streams(&self, older_than: SystemTime) -> Result<u64, Error> {
        let mut trimmed = 0;
        loop {
            // The whole gate: the second connection and dynoxide's never want the file at the same time.
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
