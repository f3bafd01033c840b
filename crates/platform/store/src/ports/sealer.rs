use async_trait::async_trait;
use model::id::ProjectName;
use model::sealed::Sealed;

use super::Project;
use crate::error::{Kind, Result};

/// Seals what holds secrets before it rests anywhere, and opens it again. No error quotes a plaintext.
///
/// A key that is disabled, or that the caller may not use, is [`Rejected`](crate::Kind::Rejected): trying again is of no
/// use until somebody mends it.
#[async_trait]
pub trait Sealer: Send + Sync {
    /// Seals a text of `project`; only under the same project it can be opened. The project is named, not numbered:
    /// ingest seals for projects too that are made by the very post that it seals for.
    async fn seal(&self, project: &ProjectName, plaintext: &[u8]) -> Result<Sealed>;

    /// Opens what [`Sealer::seal`] sealed. What is damaged, or sealed for another project or by another key, is
    /// [`Corrupt`](crate::Kind::Corrupt).
    async fn open(&self, project: &ProjectName, sealed: &Sealed) -> Result<Vec<u8>>;

    /// Opens what was sealed for `project` under its name or a former one.
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

    /// Seals as faultline v1 does, for whoever posts it: base64 of what KMS itself encrypts, bound to no project. At
    /// most [`FOREIGN_LIMIT`] bytes; more is [`Rejected`](crate::Kind::Rejected).
    async fn encrypt_foreign(&self, plaintext: &[u8]) -> Result<String>;

    /// Opens what [`Sealer::encrypt_foreign`] or `aws kms encrypt` made without an encryption context, in base64. What
    /// is neither is [`Corrupt`](crate::Kind::Corrupt).
    async fn open_foreign(&self, ciphertext: &str) -> Result<Vec<u8>>;
}

/// The most that KMS encrypts by itself, in bytes.
pub const FOREIGN_LIMIT: usize = 4_096;
