//! Files of JavaScript: bundlers put a hash of the content into the name, and the files are served from anywhere.

use std::borrow::Cow;

use crate::work::spend;

/// Schemes of web pages and their scripts.
const WEB: [&str; 4] = ["http:", "https:", "blob:", "applewebdata:"];
/// Schemes of web views and browser extensions, whose code is bundled as for the web.
const WEB_VIEWS: [&str; 11] = [
    "capacitor:",
    "ionic:",
    "tauri:",
    "wails:",
    "chrome-extension:",
    "moz-extension:",
    "safari-extension:",
    "safari-web-extension:",
    "ms-browser-extension:",
    "resource:",
    "ms-appx-web:",
];
/// Output folders of bundlers. An `app:///` path in one of them is a bundle; any other may be a source file.
const OUTPUT: [&str; 5] = ["/_next/static/", "/assets/", "/static/js/", "/static/chunks/", "/_nuxt/"];
/// The fewest characters of a hash that is removed from a name.
const SHORTEST_HASH: usize = 8;

/// Returns whether `path` is a web address.
pub(super) fn is_web(path: &str) -> bool {
    WEB.iter().any(|scheme| path.starts_with(scheme))
}

/// Returns whether the path of a script depends on the deployment, not on the source.
pub(super) fn is_served(path: &str) -> bool {
    let is_bundle = || path.starts_with("app:") && OUTPUT.iter().any(|folder| path.contains(folder));
    is_web(path) || WEB_VIEWS.iter().any(|scheme| path.starts_with(scheme)) || is_bundle()
}

/// Returns the last part of a path, without its query (where webpack writes a hash, `Cart.vue?06aa`) and fragment.
pub(super) fn name_of(path: &str) -> &str {
    // A private member or a package may have a name that begins with `#`.
    let path = path.split('?').next().unwrap_or(path);
    let name = path.rsplit(['/', '\\']).next().unwrap_or(path);
    match name.find('#') {
        Some(at) if at > 0 => &name[..at],
        Some(_) | None => name,
    }
}

/// Returns the name of a file without hashes: `main-4f3a2b1c.js`, `main.4f3a2b1c.chunk.js` and `4f3a2b1c9d8e7f60.js`
/// become `main-<hash>.js`, `main.<hash>.chunk.js` and `<hash>.js`.
pub(super) fn file(name: &str) -> Cow<'_, str> {
    spend(name.len());
    let separators = ['.', '-', '_', '~'];
    if !name.split(separators).any(is_hash) {
        return Cow::Borrowed(name);
    }
    let mut out = String::with_capacity(name.len());
    for part in name.split_inclusive(separators) {
        let bare = part.trim_end_matches(separators);
        if is_hash(bare) {
            out.push_str("<hash>");
            out.push_str(&part[bare.len()..]);
        } else {
            out.push_str(part);
        }
    }
    Cow::Owned(out)
}

/// Returns a module: its path without the query, and with its last part without hashes.
pub(super) fn module(module: &str) -> Cow<'_, str> {
    let path = module.split('?').next().unwrap_or(module);
    let at = path.rfind('/').map_or(0, |slash| slash + 1);
    match file(&path[at..]) {
        Cow::Borrowed(_) => Cow::Borrowed(path),
        Cow::Owned(name) => Cow::Owned(format!("{}{name}", &path[..at])),
    }
}

/// Returns whether a part of a name is a hash: hexadecimal digits, or letters of both cases mixed with digits. Words
/// are not hashes, and neither are numbers: `20240102` and `1234567890` may have a meaning.
fn is_hash(part: &str) -> bool {
    let bytes = part.as_bytes();
    if bytes.len() < SHORTEST_HASH || !bytes.iter().all(u8::is_ascii_alphanumeric) {
        return false;
    }
    let digits = bytes.iter().filter(|byte| byte.is_ascii_digit()).count();
    let has = |wanted: fn(&u8) -> bool| bytes.iter().any(wanted);
    let is_hex = bytes.iter().all(u8::is_ascii_hexdigit) && digits > 0 && digits < bytes.len();
    let is_base64 = digits > 0 && has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && is_scattered(bytes);
    is_hex || is_base64 || bytes.len() >= 16 && digits >= 3 && digits < bytes.len() && is_scattered(bytes)
}

/// Returns whether digits and letters alternate more than once. `Section2` and `Base64Codec` are names.
fn is_scattered(bytes: &[u8]) -> bool {
    let is_group_end = |pair: &&[u8]| pair[0].is_ascii_digit() && !pair[1].is_ascii_digit();
    let groups = bytes.windows(2).filter(is_group_end).count();
    groups + usize::from(bytes.last().is_some_and(u8::is_ascii_digit)) >= 2
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hashes_are_removed_from_file_names_and_words_stay() {
        for (name, expected) in [
            ("main-4f3a2b1c.js", "main-<hash>.js"),
            ("main.4f3a2b1c9d8e7f605a4b.chunk.js", "main.<hash>.chunk.js"),
            ("cart-121b4e3a7d4a41b9.js", "cart-<hash>.js"),
            ("4f3a2b1c9d8e7f60.js", "<hash>.js"),
            ("index-B4x9Kq2Z.js", "index-<hash>.js"),
            ("4512-8a8d226fb007026f.js", "4512-<hash>.js"),
            ("vendors~main.js", "vendors~main.js"),
            ("my-UserList.js", "my-UserList.js"),
            ("Section2-Base64Codec.js", "Section2-Base64Codec.js"),
            ("report-20240102.js", "report-20240102.js"),
            ("deadbeef.js", "deadbeef.js"),
            ("facade.js", "facade.js"),
            ("i18n.js", "i18n.js"),
        ] {
            assert_eq!(file(name), expected);
        }
        assert_eq!(module("static/chunks/cart-4f3a2b1c"), "static/chunks/cart-<hash>");
        assert_eq!(module("./src/Cart.vue?06aa"), "./src/Cart.vue");
        assert_eq!(name_of("webpack:///src/Cart.vue?vue&type=script&lang=js&/x"), "Cart.vue");
        assert_eq!(name_of("app:///src/cart.js#top"), "cart.js");
        assert_eq!(name_of("C:\\shop\\cart.js"), "cart.js");
    }

    #[test]
    fn output_of_bundlers_is_served() {
        for path in [
            "https://shop.test/a.js",
            "capacitor://localhost/a.js",
            "moz-extension://0a1b/a.js",
            "app:///_next/static/chunks/a.js",
        ] {
            assert!(is_served(path), "{path}");
        }
        for path in ["app:///src/cart.js", "/srv/cart.js", "webpack:///./src/cart.js", "node:internal/process"] {
            assert!(!is_served(path), "{path}");
        }
    }
}
