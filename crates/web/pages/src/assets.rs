//! What pages refer to, compiled in. An asset's path has a hash of its contents, so that it may be kept for ever.

use std::sync::LazyLock;

/// A file that pages refer to.
#[derive(Debug)]
pub struct Asset {
    /// Its path: `/assets/{hash}.{extension}`.
    pub path: String,
    /// What it is.
    pub content_type: &'static str,
    /// What is in it.
    pub body: &'static str,
}

/// How long an asset may be kept: a path never gets other contents.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/faultline.css"), "css", "text/css; charset=utf-8"));
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/faultline.js"), "js", "text/javascript; charset=utf-8"));
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/favicon.svg"), "svg", "image/svg+xml"));

/// The asset of a path.
pub fn asset(path: &str) -> Option<&'static Asset> {
    [&STYLE, &SCRIPT, &ICON].into_iter().map(|asset| &**asset).find(|asset| asset.path == path)
}

impl Asset {
    fn new(body: &'static str, extension: &str, content_type: &'static str) -> Self {
        Self { path: format!("/assets/{:016x}.{extension}", fnv(body.as_bytes())), content_type, body }
    }
}

/// FNV-1a: tells versions of a file apart, and guards nothing.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_its_path_and_no_other() {
        assert_eq!(asset(&STYLE.path).unwrap().content_type, "text/css; charset=utf-8");
        assert!(asset("/assets/faultline.css").is_none());
    }

    #[test]
    fn nothing_is_fetched_from_elsewhere() {
        for asset in [&STYLE, &SCRIPT] {
            assert!(!asset.body.contains("//cdn") && !asset.body.contains("http"), "{}", asset.path);
        }
    }
}
