//! `faultline admin-key`: prints the admin key, which `serve` shows only when it creates it.

use serde_json::json;

use super::Remote;
use super::client::kept_key;
use super::output::Output;

pub(super) fn run(remote: &Remote) -> anyhow::Result<()> {
    let (key, _) = kept_key(remote)?;
    Output::of(remote).show(&json!({ "adminKey": key }), |_| key.clone())
}
