//! KMS.

use aws_sdk_kms::primitives::Blob;
use embedded::{Engines, kms};

use crate::clients;

#[tokio::test]
async fn what_is_encrypted_decrypts() {
    let engines = Engines::memory().unwrap();
    let client = clients::kms(&engines);
    let sealed = client.encrypt().key_id(kms::ALIAS).plaintext(Blob::new(*b"secret")).send().await.unwrap();
    let opened = client.decrypt().ciphertext_blob(sealed.ciphertext_blob.unwrap()).send().await.unwrap();
    assert_eq!(opened.plaintext.unwrap().as_ref(), b"secret");
}
