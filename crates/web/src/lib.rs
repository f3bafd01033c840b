#![doc = include_str!("../README.md")]

use askama::Template;

/// Goes with every page: nothing from elsewhere, no inline script.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'self'; frame-ancestors 'none'";

#[derive(Template)]
#[template(path = "home.html")]
struct Home<'a> {
    version: &'a str,
}

/// The page at the root: that this is faultline, and how to send it a first error.
pub fn home(version: &str) -> String {
    Home { version }.render().unwrap_or_default()
}
