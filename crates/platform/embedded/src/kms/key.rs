//! The key: its file, its names, and encryption and decryption with it.

use std::collections::BTreeMap;
use std::fs;
use std::io;

use aes_gcm::aead::{Aead, Payload};
use aes_gcm::{Aes256Gcm, KeyInit, Nonce};
use base64::Engine;
use base64::prelude::BASE64_STANDARD;

use super::{ALIAS, Refusal};
use crate::Error;
use crate::shared::directory::{Directory, KEY_FILE};
use crate::shared::{ACCOUNT, REGION, random};

/// The beginning of every ciphertext: the version of its format.
const MAGIC: &[u8; 4] = b"FLK1";
const NONCE: usize = 12;
const TAG: usize = 16;

/// The encryption context, which a ciphertext is bound to.
pub(super) type Context = BTreeMap<String, String>;

pub(super) struct Key {
    id: String,
    arn: String,
    cipher: Aes256Gcm,
}

impl Key {
    /// Reads the key of the directory, or creates one if there is none.
    pub(super) fn load_or_create(directory: &Directory) -> Result<Self, Error> {
        let path = directory.file(KEY_FILE);
        let line = match fs::read_to_string(&path) {
            Ok(line) => line,
            Err(e) if e.kind() == io::ErrorKind::NotFound => {
                let line = new_line().map_err(|e| Error::io(&path, e))?;
                // The directory is locked, so nobody else writes here. A file left by an interrupted attempt was never
                // used as a key, and may be overwritten.
                directory.replace(KEY_FILE, line.as_bytes())?;
                directory.sync()?;
                line
            }
            Err(e) => return Err(Error::io(&path, e)),
        };
        Self::parse(&line).map_err(|reason| Error::KeyFile { path, reason })
    }

    /// Creates a key that is not stored anywhere.
    pub(super) fn fresh() -> Result<Self, Error> {
        let line = new_line().map_err(|e| Error::failed("kms", e))?;
        Self::parse(&line).map_err(|reason| Error::failed("kms", reason))
    }

    fn parse(line: &str) -> Result<Self, &'static str> {
        let (id, secret) = line.trim().split_once(' ').ok_or("it does not contain an id and a key")?;
        if id.len() != 36 {
            return Err("its id is not a UUID");
        }
        let secret = BASE64_STANDARD.decode(secret).map_err(|_| "its key is not base64")?;
        let cipher = Aes256Gcm::new_from_slice(&secret).map_err(|_| "its key is not 32 bytes long")?;
        Ok(Self { id: id.to_owned(), arn: format!("arn:aws:kms:{REGION}:{ACCOUNT}:key/{id}"), cipher })
    }

    pub(super) fn id(&self) -> &str {
        &self.id
    }

    pub(super) fn arn(&self) -> &str {
        &self.arn
    }

    /// Whether `name` is the key's id, ARN, alias, or the ARN of the alias.
    pub(super) fn is_named(&self, name: &str) -> bool {
        let alias = name.strip_prefix("arn:aws:kms:").and_then(|rest| rest.strip_prefix(REGION)?.strip_prefix(':'));
        let alias = alias.and_then(|rest| rest.strip_prefix(ACCOUNT)?.strip_prefix(':')).unwrap_or(name);
        name == self.id || name == self.arn || alias == ALIAS
    }

    pub(super) fn seal(&self, plaintext: &[u8], context: &Context) -> Result<Vec<u8>, Refusal> {
        let internal = |_| Refusal::new("KMSInternalException", "no random numbers available");
        let nonce: [u8; NONCE] = random().map_err(internal)?;
        let aad = self.associated_data(context);
        let sealed = self
            .cipher
            .encrypt(Nonce::from_slice(&nonce), Payload { msg: plaintext, aad: &aad })
            .map_err(|_| Refusal::new("KMSInternalException", "encryption failed"))?;
        Ok([MAGIC.as_slice(), self.id.as_bytes(), &nonce, &sealed].concat())
    }

    /// Decrypts a ciphertext of [`Self::seal`] with the same context. As in AWS, the error does not say what is wrong.
    pub(super) fn open(&self, blob: &[u8], context: &Context) -> Result<Vec<u8>, Refusal> {
        let invalid = || Refusal::new("InvalidCiphertextException", "");
        let rest = blob.strip_prefix(MAGIC).and_then(|rest| rest.strip_prefix(self.id.as_bytes()));
        let (nonce, sealed) =
            rest.filter(|rest| rest.len() >= NONCE + TAG).map(|rest| rest.split_at(NONCE)).ok_or_else(invalid)?;
        let aad = self.associated_data(context);
        self.cipher.decrypt(Nonce::from_slice(nonce), Payload { msg: sealed, aad: &aad }).map_err(|_| invalid())
    }

    /// The context as bytes: sorted and with lengths, so that different contexts have different bytes.
    fn associated_data(&self, context: &Context) -> Vec<u8> {
        let mut bytes = Vec::new();
        let texts = context.iter().flat_map(|(name, value)| [name.as_str(), value]);
        for text in [self.arn.as_str()].into_iter().chain(texts) {
            bytes.extend_from_slice(&(text.len() as u64).to_be_bytes());
            bytes.extend_from_slice(text.as_bytes());
        }
        bytes
    }
}

/// Creates a key in the format of its file: an id, a space, and the key in base64.
fn new_line() -> io::Result<String> {
    let id = crate::shared::uuid(random()?);
    Ok(format!("{id} {}\n", BASE64_STANDARD.encode(random::<32>()?)))
}
