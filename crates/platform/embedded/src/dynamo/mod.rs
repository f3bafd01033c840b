//! DynamoDB and its streams, on SQLite.
//!
//! Covered: tables with string keys, global secondary indexes, GetItem, PutItem, UpdateItem, DeleteItem, Query, Scan,
//! BatchGetItem, BatchWriteItem, TransactWriteItems with request tokens, all four kinds of expressions, time to live,
//! and streams, for the clients of `aws-sdk-dynamodb` and `aws-sdk-dynamodbstreams`. DynamoDB's limits hold, as far as
//! faultline could meet them, so that a request that DynamoDB would refuse is refused here.
//!
//! [`Dynamo::stream`] offers what Lambda's poller can do and the API cannot: reading only records of some keys.
//!
//! Not covered: throttling, transaction conflicts (writes run one after another, so there are none), consumed capacity,
//! local indexes, parallel scans, TransactGetItems, UpdateTable, backups and point-in-time recovery, PartiQL, global
//! tables. Requests with parameters that are not covered are refused. Expired items are deleted only by
//! [`Dynamo::sweep_ttl`], and stream records only by [`Dynamo::trim_streams`]: the caller must call both regularly.
//!
//! An item is stored as the JSON of the API, so a read is answered with the bytes of the last write.
//!
//! Power loss: WAL with `synchronous=FULL`. Concurrent writes share a commit, and each is answered after it.

mod engine;
mod expression;
mod handle;
mod number;
mod operations;
mod refusal;
mod rows;
mod table;
mod value;
mod write;

use std::fmt;
use std::sync::Arc;
use std::time::SystemTime;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use http::StatusCode;

use crate::shared::clock::to_ms;
use crate::shared::directory::EngineStorage;
use crate::shared::wire::{self, Protocol};
use crate::{Clock, Error};
use engine::Engine;
pub use handle::{RecordBatch, TableStream};

/// The DynamoDB engine: an `HttpClient` for `aws-sdk-dynamodb` and `aws-sdk-dynamodbstreams`.
#[derive(Clone)]
pub struct Dynamo(Arc<Engine>);

impl Dynamo {
    pub(crate) fn open(place: &EngineStorage, clock: Clock) -> Result<Self, Error> {
        Ok(Self(Arc::new(Engine::open(place, clock)?)))
    }

    /// The stream of a table, as an event-source mapping sees it.
    pub fn stream(&self, table: &str) -> TableStream {
        TableStream::new(Arc::clone(&self.0), table)
    }

    /// Deletes expired items in all tables that have a time to live, in steps of 100, between which other requests are
    /// served. As in AWS, each deletion becomes a stream record. Returns the number of deleted items.
    ///
    /// # Errors
    /// [`Error::Failed`] if a deletion fails; earlier deletions remain in effect.
    pub async fn sweep_ttl(&self) -> Result<u64, Error> {
        self.0.sweep().await.map_err(|refusal| Error::failed("dynamo", refusal))
    }

    /// Deletes stream records that were written before `older_than`. AWS keeps them for a day. Returns how many were
    /// deleted.
    ///
    /// # Errors
    /// [`Error::Failed`] if a deletion fails; earlier deletions remain in effect.
    pub async fn trim_streams(&self, older_than: SystemTime) -> Result<u64, Error> {
        self.0.trim(to_ms(older_than)).await.map_err(|refusal| Error::failed("dynamo", refusal))
    }

    /// See [`crate::Engines::reclaim`].
    pub(crate) async fn reclaim(&self) -> Result<u64, Error> {
        self.0.database.reclaim().await.map_err(|fault| Error::failed("dynamo", fault))
    }

    async fn serve(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = wire::operation(&request);
        Ok(match operations::call(&self.0, &operation, wire::body(&request)).await {
            Ok(answer) => wire::json(StatusCode::OK, Protocol::Json10, answer),
            Err(refusal) => {
                if !refusal.is_of_request() {
                    tracing::error!(operation, error.message = %refusal, "failed to run a DynamoDB operation");
                }
                wire::json(refusal.status(), Protocol::Json10, refusal.body())
            }
        })
    }
}

impl fmt::Debug for Dynamo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Dynamo")
    }
}

wire::http_client!(Dynamo);
