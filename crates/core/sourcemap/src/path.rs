//! Paths of sources, as bundlers write them into maps.

/// Prefixes that bundlers put before paths.
const SCHEMES: [&str; 6] = ["webpack-internal:///", "webpack:", "turbopack:", "rspack:", "rollup:", "file:"];
/// Parts of paths that are not the application's own code.
const THIRD_PARTY: [&str; 8] = [
    "node_modules/",
    "/~/",
    "webpack/bootstrap",
    "webpack/runtime",
    "webpack/universalModuleDefinition",
    "_sentry-injection-stub",
    "sentry-debug-id-stub",
    "vite/preload-helper",
];

/// Returns a source's path as people know it: `webpack://shop/./src/cart.ts`, `../../src/cart.ts` and
/// `turbopack:///[project]/src/cart.ts` become `src/cart.ts`.
pub fn readable(source: &str) -> String {
    let mut path = source;
    if let Some(scheme) = SCHEMES.iter().find(|scheme| path.starts_with(**scheme)) {
        path = &path[scheme.len()..];
        if let Some(rest) = path.strip_prefix("//") {
            // After two slashes is the name of the package, which may be empty.
            path = if *scheme == "file:" { rest } else { rest.split_once('/').map_or(rest, |(_, path)| path) };
        }
    }
    let path = path.split(['?', '#']).next().unwrap_or(path);
    let path = path.strip_prefix("[project]/").unwrap_or(path);
    let mut rest = path;
    loop {
        let shorter = ["./", "../", "/../"].iter().find_map(|step| rest.strip_prefix(step));
        match shorter {
            Some(shorter) if !shorter.is_empty() => rest = shorter,
            Some(_) | None => break,
        }
    }
    if rest.is_empty() { source.to_owned() } else { rest.to_owned() }
}

/// Whether a source belongs to a library or to the bundler.
pub fn is_third_party(source: &str) -> bool {
    THIRD_PARTY.iter().any(|part| source.contains(part)) || source.starts_with('\0') || source.starts_with("~/")
}
