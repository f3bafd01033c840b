use async_trait::async_trait;
use model::id::ProjectName;
use model::sealed::Sealed;

use super::Project;
use crate::error::{Kind, Result};

/// Seals texts that contain secrets before they are stored, and opens them again. No error quotes a plaintext.
///
/// If the KMS key is disabled, or the caller may not use it, the result is [`Rejected`](crate::Kind::Rejected): a retry
/// is pointless until somebody fixes that.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals a text for `project`. It can be opened only for the same project. The project is given by name, not
    /// number, because ingest also seals for projects that the same request creates.
    async fn seal(&self, project: &ProjectName, plaintext: &[u8]) -> Result<Sealed>;

    /// Opens what [`Sealer::seal`] sealed. Returns [`Corrupt`](crate::Kind::Corrupt) if it is damaged, or was sealed
    /// for another project or with another key.
    async fn open(&self, project: &ProjectName, sealed: &Sealed) -> Result<Vec<u8>>;

    /// Opens what was sealed for `project` under its current name or a former one.
    async fn open_for(&self, project: &Project, sealed: &Sealed) -> Result<Vec<u8>> {
        let mut opened = self.open(&project.name, sealed).await;
        for name in project.names().skip(1) {
            match opened {
                Err(error) if error.kind() == Kind::Corrupt => opened = self.open(name, sealed).await,
                done => return done,
            }
        }
        opened
    }

    /// Encrypts as faultline v1 does, for clients that post the result: base64 of a direct KMS encryption, not bound to
    /// a project. Takes at most [`FOREIGN_LIMIT`] bytes; more is [`Rejected`](crate::Kind::Rejected).
    async fn encrypt_foreign(&self, plaintext: &[u8]) -> Result<String>;

    /// Decrypts base64 that comes from [`Sealer::encrypt_foreign`], or from `aws kms encrypt` without an encryption
    /// context. Anything else is [`Corrupt`](crate::Kind::Corrupt).
    async fn open_foreign(&self, ciphertext: &str) -> Result<Vec<u8>>;
}

/// The most bytes that KMS encrypts directly.
pub const FOREIGN_LIMIT: usize = 4_096;
