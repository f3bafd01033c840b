//! KMS with a single key.
//!
//! Covered: Encrypt, Decrypt, GenerateDataKey, GenerateDataKeyWithoutPlaintext, ReEncrypt and DescribeKey, with the
//! symmetric key of the data directory, which is named by its id, its ARN, or the alias [`ALIAS`]. Encryption is
//! AES-256-GCM with a fresh random nonce. The encryption context is the associated data, so a ciphertext can be
//! decrypted only with the context it was created with. A ciphertext names its key: one from another directory, or from
//! AWS, is refused as `InvalidCiphertextException`.
//!
//! Not covered: more keys, key creation, rotation, grants, policies, asymmetric keys, `DryRun`. The format of
//! ciphertexts is not that of AWS, which is opaque there too.
//!
//! Power loss: before the first answer, the key file is written under another name, synced and renamed, and the
//! directory is synced. So there is never a partial key. Nothing else is stored.

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

/// The alias of the key, for the `key_id` of clients.
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

    pub fn key_arn(&self) -> &str {
        self.0.arn()
    }

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

/// An error response of KMS.
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
