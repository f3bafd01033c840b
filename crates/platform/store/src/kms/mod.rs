//! Sealing by KMS. What belongs to a project is sealed by envelope encryption: KMS makes a data key, bound to the
//! project by its encryption context, and AES-256-GCM under that key seals the texts. Data keys are remembered by the
//! process, so that a storm of posts that each bring a config costs no calls to KMS.

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

/// What KMS binds a data key to: under another project's name it does not decrypt it.
const CONTEXT: &str = "project";
/// How often one data key seals. Its nonces are random, of which 2^32 are safe under one key; this is far below, and
/// still a thousandth of a call for each post.
const USES: u64 = 10_000;
/// The longest ciphertext of somebody else's that is worth a call, in bytes: KMS encrypts [`FOREIGN_LIMIT`] bytes, and
/// takes 6,144 to decrypt.
const FOREIGN_CIPHERTEXT: usize = 6_144;

/// Bytes of a SHA-256, by which ciphertexts are told apart.
type Hash = [u8; 32];

/// A KMS key, by an SDK client.
pub struct Kms {
    client: Client,
    key_id: String,
    clock: Arc<dyn Clock>,
    sealing: Remembered<ProjectName, DataKey>,
    opening: Remembered<(ProjectName, Hash), DataKey>,
    foreign: Remembered<Hash, Vec<u8>>,
}

impl Kms {
    /// The key with this id, ARN or alias.
    pub fn new(client: Client, key_id: impl Into<String>, clock: Arc<dyn Clock>) -> Self {
        let (sealing, opening, foreign) = (Remembered::default(), Remembered::default(), Remembered::default());
        Self { client, key_id: key_id.into(), clock, sealing, opening, foreign }
    }

    async fn new_data_key(&self, project: &ProjectName) -> Result<DataKey> {
        let doing = "making a data key";
        let call = self
            .client
            .generate_data_key()
            .key_id(&self.key_id)
            .key_spec(DataKeySpec::Aes256)
            .encryption_context(CONTEXT, project.as_str());
        let made = call.send().await.map_err(|error| failed(doing, &error))?;
        let none = || StoreError::corrupt(doing, "KMS answered without a key");
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
        let key = opened.plaintext.ok_or_else(|| StoreError::corrupt(doing, "KMS answered without a key"))?;
        DataKey::new(key.as_ref(), sealed.to_vec())
    }

    async fn decrypt(&self, ciphertext: Vec<u8>) -> Result<Vec<u8>> {
        let doing = "opening what was encrypted by hand";
        let call = self.client.decrypt().key_id(&self.key_id).ciphertext_blob(Blob::new(ciphertext));
        let opened = call.send().await.map_err(|error| failed(doing, &error))?;
        let plaintext = opened.plaintext.ok_or_else(|| StoreError::corrupt(doing, "KMS answered without a text"))?;
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
        // By project too: KMS refuses the key of another one, and so must what it said before.
        let wanted = (project.clone(), hash(&envelope.data_key));
        let make = || self.open_data_key(project, &envelope.data_key);
        let key = self.opening.get(&wanted, self.clock.now(), u64::MAX, make).await?;
        key.open(project, envelope)
    }

    async fn encrypt_foreign(&self, plaintext: &[u8]) -> Result<String> {
        let doing = "encrypting as v1 does";
        if plaintext.is_empty() || plaintext.len() > FOREIGN_LIMIT {
            let detail = format!("{} bytes: KMS takes 1 to {FOREIGN_LIMIT}", plaintext.len());
            return Err(StoreError::new(Kind::Rejected, doing, detail));
        }
        let call = self.client.encrypt().key_id(&self.key_id).plaintext(Blob::new(plaintext));
        let made = call.send().await.map_err(|error| failed(doing, &error))?;
        let blob = made.ciphertext_blob.ok_or_else(|| StoreError::corrupt(doing, "KMS answered without a text"))?;
        Ok(BASE64.encode(blob))
    }

    async fn open_foreign(&self, ciphertext: &str) -> Result<Vec<u8>> {
        let doing = "opening what was encrypted by hand";
        // Line ends are what `base64` and a careless paste leave in it.
        let text: String = ciphertext.split_ascii_whitespace().collect();
        let blob = BASE64.decode(text).map_err(|_| StoreError::corrupt(doing, "it is no base64"))?;
        if blob.is_empty() || blob.len() > FOREIGN_CIPHERTEXT {
            return Err(StoreError::corrupt(doing, format!("{} bytes: KMS encrypts to less", blob.len())));
        }
        let opened = self.foreign.get(&hash(&blob), self.clock.now(), u64::MAX, || self.decrypt(blob.clone())).await?;
        Ok(opened.to_vec())
    }
}

/// Without what it holds: keys.
impl std::fmt::Debug for Kms {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kms").field("key_id", &self.key_id).finish_non_exhaustive()
    }
}

/// From the failure of a call. That a ciphertext does not fit is a fault of what is stored, not of the call.
fn failed<E>(doing: &'static str, error: &SdkError<E, Response>) -> StoreError
where
    E: ProvideErrorMetadata + std::error::Error + 'static,
{
    match error.as_service_error().and_then(ProvideErrorMetadata::code) {
        Some("InvalidCiphertextException" | "IncorrectKeyException") => {
            StoreError::corrupt(doing, "it is damaged, or was sealed by another key or for another project")
        }
        _ => StoreError::of_call(doing, error),
    }
}

fn hash(bytes: &[u8]) -> Hash {
    let mut hash = Hash::default();
    hash.copy_from_slice(digest(&SHA256, bytes).as_ref());
    hash
}
