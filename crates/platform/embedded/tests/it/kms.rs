//! Tests of KMS.

use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use embedded::{Engines, kms};

use crate::clients;

#[tokio::test]
async fn a_ciphertext_opens_with_the_same_context_only() {
    let engines = Engines::memory().unwrap();
    let client = clients::kms(&engines);
    let encrypt = client.encrypt().key_id(kms::ALIAS).plaintext(Blob::new(*b"secret"));
    let sealed = encrypt.encryption_context("project", "7").send().await.unwrap().ciphertext_blob.unwrap();

    let decrypt = client.decrypt().ciphertext_blob(sealed.clone()).encryption_context("project", "7");
    let opened = decrypt.send().await.unwrap();
    assert_eq!(opened.plaintext.unwrap().as_ref(), b"secret");
    assert_eq!(opened.key_id.as_deref(), Some(engines.kms().key_arn()));

    let other = client.decrypt().ciphertext_blob(sealed.clone()).encryption_context("project", "8").send().await;
    assert!(other.unwrap_err().into_service_error().is_invalid_ciphertext_exception());
    let none = client.decrypt().ciphertext_blob(sealed.clone()).send().await;
    assert!(none.unwrap_err().into_service_error().is_invalid_ciphertext_exception());
    let mut changed = sealed.into_inner();
    *changed.last_mut().unwrap() ^= 1;
    let changed = client.decrypt().ciphertext_blob(Blob::new(changed)).encryption_context("project", "7").send().await;
    assert!(changed.unwrap_err().into_service_error().is_invalid_ciphertext_exception());
}

#[tokio::test]
async fn the_key_of_another_directory_opens_nothing() {
    let (one, other) = (Engines::memory().unwrap(), Engines::memory().unwrap());
    let encrypt = clients::kms(&one).encrypt().key_id(kms::ALIAS).plaintext(Blob::new(*b"secret"));
    let sealed = encrypt.send().await.unwrap().ciphertext_blob.unwrap();
    let foreign = clients::kms(&other).decrypt().ciphertext_blob(sealed).send().await;
    assert!(foreign.unwrap_err().into_service_error().is_invalid_ciphertext_exception());
    let named = clients::kms(&other).describe_key().key_id(one.kms().key_arn()).send().await;
    assert!(named.unwrap_err().into_service_error().is_not_found_exception());
}

#[tokio::test]
async fn a_data_key_can_be_had_again_from_its_ciphertext() {
    let engines = Engines::memory().unwrap();
    let client = clients::kms(&engines);
    let arn = engines.kms().key_arn();
    let generate = client.generate_data_key().key_id(arn).key_spec(DataKeySpec::Aes256);
    let key = generate.encryption_context("project", "7").send().await.unwrap();
    assert_eq!(key.plaintext.as_ref().unwrap().as_ref().len(), 32);
    let decrypt = client.decrypt().ciphertext_blob(key.ciphertext_blob.unwrap()).encryption_context("project", "7");
    assert_eq!(decrypt.send().await.unwrap().plaintext, key.plaintext);

    let without = client.generate_data_key_without_plaintext().key_id(arn).number_of_bytes(64).send().await.unwrap();
    let decrypt = client.decrypt().ciphertext_blob(without.ciphertext_blob.unwrap());
    assert_eq!(decrypt.send().await.unwrap().plaintext.unwrap().as_ref().len(), 64);
    let both = client.generate_data_key().key_id(arn).key_spec(DataKeySpec::Aes256).number_of_bytes(32).send().await;
    assert_eq!(both.unwrap_err().code(), Some("ValidationException"));
}

#[tokio::test]
async fn a_ciphertext_can_be_moved_to_another_context() {
    let engines = Engines::memory().unwrap();
    let client = clients::kms(&engines);
    let encrypt = client.encrypt().key_id(kms::ALIAS).plaintext(Blob::new(*b"secret"));
    let bare = encrypt.send().await.unwrap().ciphertext_blob.unwrap();
    let moved = client.re_encrypt().ciphertext_blob(bare).destination_key_id(kms::ALIAS);
    let moved = moved.destination_encryption_context("project", "7").send().await.unwrap().ciphertext_blob.unwrap();
    let bare = client.decrypt().ciphertext_blob(moved.clone()).send().await;
    assert!(bare.unwrap_err().into_service_error().is_invalid_ciphertext_exception());
    let opened = client.decrypt().ciphertext_blob(moved).encryption_context("project", "7").send().await.unwrap();
    assert_eq!(opened.plaintext.unwrap().as_ref(), b"secret");
}

#[tokio::test]
async fn the_key_goes_by_id_arn_and_alias_and_by_nothing_else() {
    let engines = Engines::memory().unwrap();
    let client = clients::kms(&engines);
    let arn = engines.kms().key_arn().to_owned();
    let id = arn.rsplit('/').next().unwrap();
    let alias_arn = "arn:aws:kms:us-east-1:000000000000:alias/faultline";
    for name in [id, &arn, kms::ALIAS, alias_arn] {
        let metadata = client.describe_key().key_id(name).send().await.unwrap().key_metadata.unwrap();
        assert_eq!(metadata.arn(), Some(arn.as_str()));
    }
    for name in ["alias/other", "1234abcd-12ab-34cd-56ef-1234567890ab"] {
        let unknown = client.encrypt().key_id(name).plaintext(Blob::new(*b"x")).send().await;
        assert!(unknown.unwrap_err().into_service_error().is_not_found_exception());
    }
    let long = client.encrypt().key_id(kms::ALIAS).plaintext(Blob::new([0; 4097])).send().await;
    assert_eq!(long.unwrap_err().code(), Some("ValidationException"));
}
