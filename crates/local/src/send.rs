//! `faultline send`: posts a sample error, to see that everything works.

use anyhow::{Context, bail};
use serde_json::{Value, json};

use crate::access::{Access, data_dir};
use crate::args::Send;

/// Posts the error and prints where it can be read.
pub async fn run(options: Send) -> anyhow::Result<()> {
    let key = match options.key {
        Some(key) => key,
        None => {
            Access::read(&data_dir(options.data)?)?
                .context("no key: give one with --key, or run `faultline serve` once, which makes one")?
                .admin_key
        }
    };
    // A second installation in the same process is refused and does no harm.
    let _ = rustls::crypto::ring::default_provider().install_default();
    let client = reqwest::Client::builder().timeout(std::time::Duration::from_secs(10)).build()?;
    let mut url = reqwest::Url::parse(&options.url).with_context(|| format!("`{}` is not a URL", options.url))?;
    url.path_segments_mut()
        .map_err(|()| anyhow::anyhow!("`{}` cannot have a path", options.url))?
        .pop_if_empty()
        .extend(["projects", &options.project, "errors"]);
    let sent = client.post(url.clone()).header("x-api-key", &key).json(&sample(&options.message)).send().await;
    let answer = sent.with_context(|| format!("{} does not answer: is `faultline serve` running?", options.url))?;
    let status = answer.status();
    let body: Value = answer.json().await.unwrap_or_default();
    if !status.is_success() {
        bail!("{url} refused it ({status}): {}", body["message"].as_str().unwrap_or("without a reason"));
    }
    crate::println(&format!("sent; read it at {url}"));
    Ok(())
}

fn sample(message: &str) -> Value {
    json!({
        "errors": [{
            "type": "SampleError",
            "message": message,
            "backtrace": [
                { "file": "src/shop/cart.rs", "function": "total", "line": 42, "code": { "41": "for item in items {", "42": "    sum += item.price.unwrap();", "43": "}" } },
                { "file": "src/main.rs", "function": "main", "line": 7 },
            ],
        }],
        "notifier": { "name": "faultline send", "version": env!("CARGO_PKG_VERSION") },
        "context": { "environment": "trial", "component": "shop", "action": "total", "language": "Rust" },
    })
}
