//! The format of sealed texts: `1.` and base64 of the length of the sealed data key (two bytes, big-endian), that key,
//! a nonce, and the ciphertext with its authentication tag.

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD as BASE64;
use model::id::ProjectName;
use model::sealed::Sealed;
use ring::aead::{AES_256_GCM, Aad, LessSafeKey, NONCE_LEN, Nonce, UnboundKey};
use ring::rand::{SecureRandom, SystemRandom};

use crate::error::{Kind, Result, StoreError};

/// The version of the format.
const FORM: &str = "1.";
const SEALING: &str = "sealing";
const OPENING: &str = "opening a sealed text";

/// A data key: decrypted for use, and as KMS encrypted it.
pub(super) struct DataKey {
    key: LessSafeKey,
    sealed: Vec<u8>,
}

/// A sealed text, taken apart.
pub(super) struct Envelope {
    /// The data key as KMS encrypted it.
    pub(super) data_key: Vec<u8>,
    nonce: [u8; NONCE_LEN],
    ciphertext: Vec<u8>,
}

impl DataKey {
    pub(super) fn new(key: &[u8], sealed: Vec<u8>) -> Result<Self> {
        let key = UnboundKey::new(&AES_256_GCM, key).map_err(|_| {
            StoreError::corrupt(SEALING, format!("the data key has {} bytes, but AES-256 needs 32", key.len()))
        })?;
        Ok(Self { key: LessSafeKey::new(key), sealed })
    }

    pub(super) fn seal(&self, project: &ProjectName, plaintext: &[u8]) -> Result<Envelope> {
        let mut nonce = [0; NONCE_LEN];
        let unavailable = |what: &str| StoreError::new(Kind::Unavailable, SEALING, what);
        SystemRandom::new()
            .fill(&mut nonce)
            .map_err(|_| unavailable("the operating system returned no random numbers"))?;
        let mut ciphertext = plaintext.to_vec();
        self.key
            .seal_in_place_append_tag(Nonce::assume_unique_for_key(nonce), bound_to(project), &mut ciphertext)
            .map_err(|_| StoreError::new(Kind::Rejected, SEALING, "the text is too long"))?;
        Ok(Envelope { data_key: self.sealed.clone(), nonce, ciphertext })
    }

    pub(super) fn open(&self, project: &ProjectName, envelope: Envelope) -> Result<Vec<u8>> {
        let Envelope { nonce, mut ciphertext, .. } = envelope;
        let opened = self.key.open_in_place(Nonce::assume_unique_for_key(nonce), bound_to(project), &mut ciphertext);
        opened
            .map(|plaintext| plaintext.to_vec())
            .map_err(|_| StoreError::corrupt(OPENING, "the text is damaged, or was sealed for another project"))
    }
}

/// The additional data that a ciphertext is bound to: the version of the format, and the project.
fn bound_to(project: &ProjectName) -> Aad<Vec<u8>> {
    Aad::from([FORM.as_bytes(), project.as_str().as_bytes()].concat())
}

impl Envelope {
    pub(super) fn parse(sealed: &Sealed) -> Result<Self> {
        let corrupt = |what: &str| StoreError::corrupt(OPENING, what);
        let body = sealed
            .as_str()
            .strip_prefix(FORM)
            .ok_or_else(|| corrupt("the text is not sealed, or its format is of a later version"))?;
        let bytes = BASE64.decode(body).map_err(|_| corrupt("the text is not base64"))?;
        let parts = || {
            let (length, rest) = bytes.split_first_chunk::<2>()?;
            let (data_key, rest) = rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))?;
            let (nonce, ciphertext) = rest.split_first_chunk::<NONCE_LEN>()?;
            Some(Self { data_key: data_key.to_vec(), nonce: *nonce, ciphertext: ciphertext.to_vec() })
        };
        parts().ok_or_else(|| corrupt("the text is cut off"))
    }

    pub(super) fn text(&self) -> Sealed {
        // A data key encrypted by KMS usually has about 200 bytes, and at most 6,144.
        let length = u16::try_from(self.data_key.len()).unwrap_or(u16::MAX).to_be_bytes();
        let bytes = [length.as_slice(), &self.data_key, &self.nonce, &self.ciphertext].concat();
        Sealed::new(format!("{FORM}{}", BASE64.encode(bytes)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn name(text: &str) -> ProjectName {
        ProjectName::parse(text).unwrap()
    }

    fn data_key() -> DataKey {
        DataKey::new(&[7; 32], vec![1, 2, 3]).unwrap()
    }

    #[test]
    fn a_sealed_text_opens_for_its_project_only() {
        let sealed = data_key().seal(&name("a"), b"a secret").unwrap().text();
        let open = |project: &str| data_key().open(&name(project), Envelope::parse(&sealed).unwrap());
        assert_eq!(open("a").unwrap(), b"a secret");
        assert_eq!(open("b").unwrap_err().kind(), Kind::Corrupt);
        assert_eq!(Envelope::parse(&sealed).unwrap().data_key, [1, 2, 3]);
    }

    /// Sealing the same text twice gives different results.
    #[test]
    fn each_text_is_sealed_with_its_own_nonce() {
        let sealed = || data_key().seal(&name("a"), b"a secret").unwrap().text();
        assert_ne!(sealed(), sealed());
    }

    #[test]
    fn a_damaged_text_is_an_error() {
        let sealed = data_key().seal(&name("a"), b"a secret").unwrap().text();
        let (whole, a) = (sealed.as_str(), name("a"));
        for cut in 0..whole.len() {
            let opened = Envelope::parse(&Sealed::new(&whole[..cut])).and_then(|part| data_key().open(&a, part));
            assert_eq!(opened.unwrap_err().kind(), Kind::Corrupt, "{cut}");
        }
        let bytes = BASE64.decode(&whole[FORM.len()..]).unwrap();
        // Only the bytes after the data key: KMS itself detects a damaged data key.
        for at in 5..bytes.len() {
            let mut damaged = bytes.clone();
            damaged[at] ^= 1;
            let damaged = Sealed::new(format!("{FORM}{}", BASE64.encode(damaged)));
            assert!(data_key().open(&a, Envelope::parse(&damaged).unwrap()).is_err(), "{at}");
        }
    }

    /// Released formats decode forever (promise 8 in docs/src/internals/promises.md), so this sample must always open.
    #[test]
    fn a_sample_of_form_1_opens() {
        let sample = Sealed::new("1.AAMBAgMwb+zE88tTNShZV++Q91W8Nn7MLcO7opgkQ48pGLtlFsUdEeI");
        assert_eq!(data_key().open(&name("a"), Envelope::parse(&sample).unwrap()).unwrap(), b"a secret");
    }
}
