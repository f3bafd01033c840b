//! KMS with one key of its own.
//!
//! Covered: Encrypt, Decrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncrypt and DescribeKey with the one
//! symmetric key of the data directory, by its id, its ARN, or the alias [`ALIAS`]. AES-256-GCM under a fresh random
//! nonce; the encryption context is the associated data, so a ciphertext opens only under the context it was made
//! with. A ciphertext names its key: one of another directory, or of AWS, is refused as `InvalidCiphertextException`.
//!
//! Not covered: more keys, key creation, rotation, grants, policies, asymmetric keys, `DryRun`. The ciphertext format
//! is not that of AWS, which is opaque there too.
//!
//! Power loss: the key file is written beside its place, synced, renamed into it, and the directory synced, before the
//! first answer. There is never half a key. Nothing else is stored.

mod key;
mod operations;

use std::fmt;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use http::StatusCode;
use serde_json::json;

use crate::Error;
use crate::shared::directory::EngineStorage;
use crate::shared::wire::{self, Protocol};
use key::Key;

/// The alias of the key, for the client's `key_id`.
pub const ALIAS: &str = "alias/faultline";

/// The KMS engine: an `HttpClient` for `aws-sdk-kms`.
#[derive(Clone)]
pub struct Kms(Arc<Key>);

impl Kms {
    pub(crate) fn open(place: &EngineStorage) -> Result<Self, Error> {
        let key = match place {
            EngineStorage::Directory(directory) => Key::load_or_create(directory)?,
            EngineStorage::Memory => Key::fresh()?,
        };
        Ok(Self(Arc::new(key)))
    }

    /// The ARN of the key.
    pub fn key_arn(&self) -> &str {
        self.0.arn()
    }

    /// The id of the key.
    pub(crate) fn key_id(&self) -> &str {
        self.0.id()
    }

    async fn serve(self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let operation = wire::operation(&request);
        Ok(match operations::call(&self.0, &operation, wire::body(&request)) {
            Ok(answer) => wire::json(StatusCode::OK, Protocol::Json11, answer.to_string()),
            Err(refusal) => {
                let body = json!({ "__type": refusal.code, "message": refusal.message });
                wire::json(refusal.status(), Protocol::Json11, body.to_string())
            }
        })
    }
}

impl fmt::Debug for Kms {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_tuple("Kms").field(&self.key_arn()).finish()
    }
}

wire::http_client!(Kms);

/// An error answer of KMS.
struct Refusal {
    code: &'static str,
    message: String,
}

impl Refusal {
    fn new(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into() }
    }

    fn status(&self) -> StatusCode {
        match self.code {
            "KMSInternalException" => StatusCode::INTERNAL_SERVER_ERROR,
            _ => StatusCode::BAD_REQUEST,
        }
    }
}
