//! Sealing with KMS. Texts of a project are sealed by envelope encryption: KMS generates a data key that is bound to
//! the project by its encryption context, and AES-256-GCM with that key seals the texts. The process caches data keys,
//! so a storm of requests that each bring a config does not call KMS for each.

mod envelope;
mod remembered;

use std::sync::Arc;

use aws_sdk_kms::Client;
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_runtime_api::http::Response;
use base64::Engine;
use base64::engine::general_purpose::STANDARD as BASE64;
use model::id::ProjectName;
use model::sealed::Sealed;
use ring::digest::{SHA256, digest};

use crate::clock::Clock;
use crate::error::{Kind, Result, StoreError};
use crate::ports::{FOREIGN_LIMIT, Sealer};
use envelope::{DataKey, Envelope};
use remembered::Remembered;

/// The entry of the encryption context that binds a data key to its project: KMS does not decrypt it for another name.
const CONTEXT: &str = "project";
/// How many texts one data key seals. Nonces are random, and 2^32 of them are safe with one key. This limit is far
/// below that, and still costs only one call to KMS per 10,000 texts.
const USES: u64 = 10_000;
/// The largest ciphertext from outside that is worth a call, in bytes: KMS encrypts up to [`FOREIGN_LIMIT`] bytes, and
/// accepts up to 6,144 for decryption.
const FOREIGN_CIPHERTEXT: usize = 6_144;

/// A SHA-256 that identifies a ciphertext.
type Hash = [u8; 32];

/// A KMS key, used through an SDK client.
pub struct Kms {
    client: Client,
    key_id: String,
    clock: Arc<dyn Clock>,
    sealing: Remembered<ProjectName, DataKey>,
    opening: Remembered<(ProjectName, Hash), DataKey>,
    foreign: Remembered<Hash, Vec<u8>>,
}

impl Kms {
    /// Uses the key with this id, ARN or alias.
    pub fn new(client: Client, key_id: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let (sealing, opening, foreign) = (Remembered::default(), Remembered::default(), Remembered::default());
        Self { client, key_id: key_id.into(), clock, sealing, opening, foreign }
    }

    async fn new_data_key(&self, project: &ProjectName) -> Result<DataKey> {
        let doing = "generating a data key";
        let call = self
            .client
            .generate_data_key()
            .key_id(&self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(CONTEXT, project.as_str());
        let made = call.send().await.map_err(|error| failed(doing, &error))?;
        let none = || StoreError::corrupt(doing, "the answer of KMS has no key");
        let (key, sealed) = (made.plaintext.ok_or_else(none)?, made.ciphertext_blob.ok_or_else(none)?);
        DataKey::new(key.as_ref(), sealed.into_inner())
    }

    async fn open_data_key(&self, project: &ProjectName, sealed: &[u8]) -> Result<DataKey> {
        let doing = "opening a data key";
        let call = self
            .client
            .decrypt()
            .key_id(&self.key_id)
            .ciphertext_blob(Blob::new(sealed))
            .encryption_context(CONTEXT, project.as_str());
        let opened = call.send().await.map_err(|error| failed(doing, &error))?;
        let key = opened.plaintext.ok_or_else(|| StoreError::corrupt(doing, "the answer of KMS has no key"))?;
        DataKey::new(key.as_ref(), sealed.to_vec())
    }

    async fn decrypt(&self, ciphertext: Vec<u8>) -> Result<Vec<u8>> {
        let doing = "decrypting a text from outside";
        let call = self.client.decrypt().key_id(&self.key_id).ciphertext_blob(Blob::new(ciphertext));
        let opened = call.send().await.map_err(|error| failed(doing, &error))?;
        let plaintext = opened.plaintext.ok_or_else(|| StoreError::corrupt(doing, "the answer of KMS has no text"))?;
        Ok(plaintext.into_inner())
    }
}

#[async_trait::async_trait]
impl Sealer for Kms {
    async fn seal(&self, project: &ProjectName, plaintext: &[u8]) -> Result<Sealed> {
        let now = self.clock.now();
        let key = self.sealing.get(project, now, USES, || self.new_data_key(project)).await?;
        key.seal(project, plaintext).map(|envelope| envelope.text())
    }

    async fn open(&self, project: &ProjectName, sealed: &Sealed) -> Result<Vec<u8>> {
        let envelope = Envelope::parse(sealed)?;
        // The cache is by project too: KMS refuses the data key of another project, and so must the cache.
        let wanted = (project.clone(), hash(&envelope.data_key));
        let make = || self.open_data_key(project, &envelope.data_key);
        let key = self.opening.get(&wanted, self.clock.now(), u64::MAX, make).await?;
        key.open(project, envelope)
    }

    async fn encrypt_foreign(&self, plaintext: &[u8]) -> Result<String> {
        let doing = "encrypting a text for v1";
        if plaintext.is_empty() || plaintext.len() > FOREIGN_LIMIT {
            let detail = format!("the text has {} bytes, but KMS takes 1 to {FOREIGN_LIMIT}", plaintext.len());
            return Err(StoreError::new(Kind::Rejected, doing, detail));
        }
        let call = self.client.encrypt().key_id(&self.key_id).plaintext(Blob::new(plaintext));
        let made = call.send().await.map_err(|error| failed(doing, &error))?;
        let blob = made.ciphertext_blob.ok_or_else(|| StoreError::corrupt(doing, "the answer of KMS has no text"))?;
        Ok(BASE64.encode(blob))
    }

    async fn open_foreign(&self, ciphertext: &str) -> Result<Vec<u8>> {
        let doing = "decrypting a text from outside";
        // The `base64` command wraps lines, and pasted text may contain line breaks.
        let text: String = ciphertext.split_ascii_whitespace().collect();
        let blob = BASE64.decode(text).map_err(|_| StoreError::corrupt(doing, "the text is not base64"))?;
        if blob.is_empty() || blob.len() > FOREIGN_CIPHERTEXT {
            return Err(StoreError::corrupt(
                doing,
                format!("the ciphertext has {} bytes, but KMS takes 1 to {FOREIGN_CIPHERTEXT}", blob.len()),
            ));
        }
        let opened = self.foreign.get(&hash(&blob), self.clock.now(), u64::MAX, || self.decrypt(blob.clone())).await?;
        Ok(opened.to_vec())
    }
}

/// Leaves out the caches: they contain keys.
impl std::fmt::Debug for Kms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kms").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// Converts the failure of a call. If a ciphertext does not fit its key, the stored data is at fault, not the call.
fn failed<E>(doing: &'static str, error: &SdkError<E, Response>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("InvalidCiphertextException" | "IncorrectKeyException") => {
            StoreError::corrupt(doing, "the text is damaged, or was sealed with another key or for another project")
        }
        _ => StoreError::of_call(doing, error),
    }
}

fn hash(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
