use ring::hmac;
use rules::Secret;

/// Whether `signature`, in hexadecimal digits, is the HMAC-SHA256 of the parts with `secret` as key. Compares in
/// constant time.
pub(super) fn is_signed(secret: &Secret, parts: &[&[u8]], signature: &str) -> bool {
    let Ok(signature) = hex::decode(signature) else { return false };
    let key = hmac::Key::new(hmac::HMAC_SHA256, secret.reveal().as_bytes());
    hmac::verify(&key, &parts.concat(), &signature).is_ok()
}

/// Whether two texts are equal. Compares in constant time, so that the time does not reveal how far they agree.
pub(super) fn is_same(secret: &Secret, shown: &str) -> bool {
    let key = hmac::Key::new(hmac::HMAC_SHA256, b"faultline");
    let tag = hmac::sign(&key, shown.as_bytes());
    hmac::verify(&key, secret.reveal().as_bytes(), tag.as_ref()).is_ok()
}
