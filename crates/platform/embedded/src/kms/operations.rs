//! The operations: each turns the JSON of a request into the JSON of the answer.

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use serde::{Deserialize, Deserializer};
use serde_json::{Value, json};

use super::Refusal;
use super::key::{Context, Key};
use crate::shared::ACCOUNT;

/// The most bytes that Encrypt accepts.
const MAX_PLAINTEXT: usize = 4096;
/// The most bytes of a data key.
const MAX_DATA_KEY: u32 = 1024;

/// The fields of all requests. Each operation uses its own.
#[derive(Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct Request {
    key_id: Option<String>,
    #[serde(deserialize_with = "blob")]
    plaintext: Option<Vec<u8>>,
    #[serde(deserialize_with = "blob")]
    ciphertext_blob: Option<Vec<u8>>,
    encryption_context: Option<Context>,
    encryption_algorithm: Option<String>,
    key_spec: Option<String>,
    number_of_bytes: Option<u32>,
    source_key_id: Option<String>,
    source_encryption_context: Option<Context>,
    destination_key_id: Option<String>,
    destination_encryption_context: Option<Context>,
}

fn blob<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Vec<u8>>, D::Error> {
    let text = Option::<String>::deserialize(deserializer)?;
    text.map(|text| BASE64_STANDARD.decode(text)).transpose().map_err(serde::de::Error::custom)
}

pub(super) fn call(key: &Key, operation: &str, body: &[u8]) -> Result<Value, Refusal> {
    let request: Request =
        serde_json::from_slice(body).map_err(|e| Refusal::new("SerializationException", e.to_string()))?;
    if request.encryption_algorithm.as_deref().is_some_and(|algorithm| algorithm != "SYMMETRIC_DEFAULT") {
        return Err(Refusal::new("InvalidKeyUsageException", "the key is symmetric"));
    }
    match operation {
        "Encrypt" => encrypt(key, request),
        "Decrypt" => decrypt(key, request),
        "ReEncrypt" => re_encrypt(key, request),
        "GenerateDataKey" => data_key(key, request, true),
        "GenerateDataKeyWithoutPlaintext" => data_key(key, request, false),
        "DescribeKey" => describe(key, request),
        _ => Err(Refusal::new("UnknownOperationException", format!("the embedded KMS does not support {operation}"))),
    }
}

fn encrypt(key: &Key, request: Request) -> Result<Value, Refusal> {
    named(key, required("keyId", request.key_id)?)?;
    let plaintext = required("plaintext", request.plaintext)?;
    if plaintext.is_empty() || plaintext.len() > MAX_PLAINTEXT {
        return Err(invalid("plaintext", &format!("Member must have length between 1 and {MAX_PLAINTEXT}")));
    }
    let sealed = key.seal(&plaintext, &request.encryption_context.unwrap_or_default())?;
    Ok(json!({
        "CiphertextBlob": BASE64_STANDARD.encode(sealed),
        "KeyId": key.arn(),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn decrypt(key: &Key, request: Request) -> Result<Value, Refusal> {
    if let Some(name) = request.key_id {
        named(key, name)?;
    }
    let blob = required("ciphertextBlob", request.ciphertext_blob)?;
    let plaintext = key.open(&blob, &request.encryption_context.unwrap_or_default())?;
    Ok(json!({
        "Plaintext": BASE64_STANDARD.encode(plaintext),
        "KeyId": key.arn(),
        "EncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn re_encrypt(key: &Key, request: Request) -> Result<Value, Refusal> {
    if let Some(name) = request.source_key_id {
        named(key, name)?;
    }
    named(key, required("destinationKeyId", request.destination_key_id)?)?;
    let blob = required("ciphertextBlob", request.ciphertext_blob)?;
    let plaintext = key.open(&blob, &request.source_encryption_context.unwrap_or_default())?;
    let sealed = key.seal(&plaintext, &request.destination_encryption_context.unwrap_or_default())?;
    Ok(json!({
        "CiphertextBlob": BASE64_STANDARD.encode(sealed),
        "KeyId": key.arn(),
        "SourceKeyId": key.arn(),
        "SourceEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
        "DestinationEncryptionAlgorithm": "SYMMETRIC_DEFAULT",
    }))
}

fn data_key(key: &Key, request: Request, with_plaintext: bool) -> Result<Value, Refusal> {
    named(key, required("keyId", request.key_id)?)?;
    let length = match (request.key_spec.as_deref(), request.number_of_bytes) {
        (Some("AES_256"), None) => 32,
        (Some("AES_128"), None) => 16,
        (None, Some(length @ 1..=MAX_DATA_KEY)) => length,
        _ => return Err(Refusal::new("ValidationException", "Please specify either number of bytes or key spec.")),
    };
    let mut secret = vec![0; length as usize];
    getrandom::fill(&mut secret).map_err(|e| Refusal::new("KMSInternalException", e.to_string()))?;
    let sealed = key.seal(&secret, &request.encryption_context.unwrap_or_default())?;
    let mut answer = json!({ "CiphertextBlob": BASE64_STANDARD.encode(sealed), "KeyId": key.arn() });
    if with_plaintext {
        answer["Plaintext"] = BASE64_STANDARD.encode(secret).into();
    }
    Ok(answer)
}

fn describe(key: &Key, request: Request) -> Result<Value, Refusal> {
    named(key, required("keyId", request.key_id)?)?;
    Ok(json!({ "KeyMetadata": {
        "KeyId": key.id(),
        "Arn": key.arn(),
        "AWSAccountId": ACCOUNT,
        "Enabled": true,
        "KeyState": "Enabled",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "KeySpec": "SYMMETRIC_DEFAULT",
        "CustomerMasterKeySpec": "SYMMETRIC_DEFAULT",
        "EncryptionAlgorithms": ["SYMMETRIC_DEFAULT"],
        "KeyManager": "CUSTOMER",
        "Origin": "AWS_KMS",
        "MultiRegion": false,
    } }))
}

fn named(key: &Key, name: String) -> Result<(), Refusal> {
    if key.is_named(&name) {
        return Ok(());
    }
    let what = if name.contains("alias/") { "Alias" } else { "Key" };
    Err(Refusal::new("NotFoundException", format!("{what} '{name}' does not exist")))
}

fn required<T>(field: &str, value: Option<T>) -> Result<T, Refusal> {
    value.ok_or_else(|| invalid(field, "Member must not be null"))
}

fn invalid(field: &str, constraint: &str) -> Refusal {
    let message = format!("1 validation error detected: Value at '{field}' failed to satisfy constraint: {constraint}");
    Refusal::new("ValidationException", message)
}
