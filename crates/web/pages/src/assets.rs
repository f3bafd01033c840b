//! The files that pages refer to, compiled in. An asset's path contains a hash of its contents, so it can be cached
//! forever.

use std::sync::LazyLock;

/// A file that pages refer to: the style sheet, the script or the icon.
#[derive(Debug)]
pub struct Asset {
    /// `/assets/{hash}.{extension}`
    pub path: String,
    pub content_type: &'static str,
    pub body: &'static str,
}

/// The `Cache-Control` header of assets. The contents of a path never change.
pub const CACHE_CONTROL: &str = "public, max-age=31536000, immutable";

pub(crate) static STYLE: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/faultline.css"), "css", "text/css; charset=utf-8"));
pub(crate) static SCRIPT: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/faultline.js"), "js", "text/javascript; charset=utf-8"));
pub(crate) static ICON: LazyLock<Asset> =
    LazyLock::new(|| Asset::new(include_str!("../assets/favicon.svg"), "svg", "image/svg+xml"));

/// Finds an asset by its path.
pub fn asset(path: &str) -> Option<&'static Asset> {
    [&STYLE, &SCRIPT, &ICON].into_iter().map(|asset| &**asset).find(|asset| asset.path == path)
}

impl Asset {
    fn new(body: &'static str, extension: &str, content_type: &'static str) -> Self {
        Self { path: format!("/assets/{:016x}.{extension}", fnv(body.as_bytes())), content_type, body }
    }
}

/// FNV-1a. It only distinguishes versions of a file; it is not a security measure.
fn fnv(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_asset_is_found_by_its_exact_path_only() {
        assert_eq!(asset(&STYLE.path).unwrap().content_type, "text/css; charset=utf-8");
        assert!(asset("/assets/faultline.css").is_none());
    }

    /// Without its selector, the fields of a kind of target stay hidden when the kind is chosen.
    #[test]
    fn the_style_sheet_shows_the_fields_of_every_kind_of_target() {
        for kind in &crate::KINDS {
            let selector = format!(".kinds > [value={0}]:checked ~ .{0}", kind.word);
            let mut selectors = STYLE.body.split([',', '{', '}']).map(str::trim);
            assert!(selectors.any(|one| one == selector), "faultline.css has no `{selector}`");
        }
    }

    #[test]
    fn assets_load_nothing_from_other_hosts() {
        for asset in [&STYLE, &SCRIPT] {
            assert!(!asset.body.contains("//cdn") && !asset.body.contains("http"), "{}", asset.path);
        }
    }
}
