//! The trusted TLS roots. Reading the system's bundle of about 150 roots would take as long as the rest of the
//! start-up.

use anyhow::Context;
use aws_smithy_http_client::tls::TrustStore;

/// The roots that every endpoint of AWS chains to: Amazon Root CA 1 to 4 and Starfield Services G2. Amazon Trust
/// Services asks users with their own trust stores to include all five (amazontrust.com/repository). They expire in
/// 2037 and later.
const AMAZON: &str = include_str!("roots.pem");

/// The environment variable with a file of further roots in PEM, as in AWS's own tools: for a proxy that inspects TLS,
/// or for a partition with other certificate authorities.
const FURTHER: &str = "AWS_CA_BUNDLE";

/// Returns Amazon's roots and those in the file that `AWS_CA_BUNDLE` names.
pub(crate) fn trusted() -> anyhow::Result<TrustStore> {
    let trusted = TrustStore::empty().with_pem_certificate(AMAZON);
    let Some(file) = std::env::var_os(FURTHER) else { return Ok(trusted) };
    let further =
        std::fs::read(&file).with_context(|| format!("failed to read {}, which {FURTHER} names", file.display()))?;
    Ok(trusted.with_pem_certificate(further))
}

#[cfg(test)]
mod tests {
    #[test]
    fn five_roots_are_compiled_in() {
        assert_eq!(super::AMAZON.matches("-----BEGIN CERTIFICATE-----").count(), 5);
    }

    /// The client parses all roots when it is created, and panics if one is not a certificate.
    #[test]
    fn every_root_is_a_certificate() {
        let _client = crate::setup::https(super::trusted().expect("the roots that are compiled in"));
    }
}
