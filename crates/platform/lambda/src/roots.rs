//! Whom TLS trusts. Reading the system's bundle of some 150 roots takes as long as everything else at start-up.

use anyhow::Context;
use aws_smithy_http_client::tls::TrustStore;

/// The roots that every endpoint of AWS chains to, as Amazon Trust Services asks of those who have a trust store of
/// their own (amazontrust.com/repository): Amazon Root CA 1 to 4 and Starfield Services G2. They end in 2037 and later.
const AMAZON: &str = include_str!("roots.pem");

/// Names a file of further roots in PEM, as for AWS's own tools: for a proxy that looks into TLS, or a partition that is
/// certified by somebody else.
const FURTHER: &str = "AWS_CA_BUNDLE";

/// Amazon's roots, and those of the file that `AWS_CA_BUNDLE` names.
pub(crate) fn trusted() -> anyhow::Result<TrustStore> {
    let trusted = TrustStore::empty().with_pem_certificate(AMAZON);
    let Some(file) = std::env::var_os(FURTHER) else { return Ok(trusted) };
    let further = std::fs::read(&file).with_context(|| format!("{FURTHER}: {} cannot be read", file.display()))?;
    Ok(trusted.with_pem_certificate(further))
}

#[cfg(test)]
mod tests {
    #[test]
    fn five_roots_are_compiled_in() {
        assert_eq!(super::AMAZON.matches("-----BEGIN CERTIFICATE-----").count(), 5);
    }

    /// The client parses them all as it is made, and panics at one that is none.
    #[test]
    fn every_root_is_a_certificate() {
        let _client = crate::setup::https(super::trusted().expect("the roots that are compiled in"));
    }
}
