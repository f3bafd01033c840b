//! Decides whether a frame is in-app if the client does not say so, or is known to be wrong.

use std::borrow::Cow;

use super::platform::Family;
use model::occurrence::Frame;

/// Parts of paths in which packages are installed.
const PACKAGES: [&str; 16] = [
    "/site-packages/",
    "/dist-packages/",
    "/node_modules/",
    "/vendor/",
    "/go/pkg/mod/",
    "/.cargo/registry/",
    "/rustc/",
    "/.rustup/",
    "/gems/",
    "/pub-cache/",
    "/.pub-cache/",
    "/lib/python",
    "/usr/local/go/src/",
    "/go/src/runtime/",
    "/jdk/",
    "/.nuget/packages/",
];
/// Folders of system libraries.
const SYSTEM: [&str; 6] = ["/usr/lib/", "/lib/", "/lib64/", "/usr/local/lib/", "node:", "internal/"];
/// Web servers of public libraries.
const CDNS: [&str; 7] = [
    "://unpkg.com/",
    "://cdnjs.cloudflare.com/",
    "://cdn.jsdelivr.net/",
    "://esm.sh/",
    "://code.jquery.com/",
    "://ajax.googleapis.com/",
    "://esm.run/",
];
/// Packages of the JVM and its common libraries, which are never in-app.
const JAVA: [&str; 39] = [
    "java.",
    "javax.",
    "jakarta.",
    "sun.",
    "jdk.",
    "com.sun.",
    "kotlin.",
    "kotlinx.",
    "scala.",
    "groovy.",
    "clojure.",
    "android.",
    "androidx.",
    "com.android.",
    "com.google.android.",
    "dalvik.",
    "libcore.",
    "reactor.",
    "rx.",
    "io.reactivex.",
    "io.netty.",
    "io.ktor.",
    "io.micronaut.",
    "io.quarkus.",
    "io.vertx.",
    "io.undertow.",
    "akka.",
    "org.springframework.",
    "org.apache.",
    "org.hibernate.",
    "org.eclipse.",
    "org.junit.",
    "org.jboss.",
    "org.codehaus.",
    "org.slf4j.",
    "ch.qos.logback.",
    "com.fasterxml.",
    "com.zaxxer.hikari.",
    "net.sf.cglib.",
];
/// Functions of Rust's standard library and runtime, also within impls.
const RUST: [&str; 12] = [
    "std::",
    "core::",
    "alloc::",
    "<std::",
    "<core::",
    "<alloc::",
    "__rust_",
    "__rustc",
    "rust_begin_unwind",
    "rust_panic",
    "_rust_",
    "tokio::runtime::",
];
/// Folders of packages in Cargo, and rustc's path of the standard library, on any machine.
const RUST_PATHS: [&str; 3] = ["/registry/src/", "/git/checkouts/", "/rustc/"];
/// Functions of the C runtime around `main`.
const C_RUNTIME: [&str; 9] =
    ["main", "_main", "_start", "start", "<unknown>", "_init", "clone", "clone3", "start_thread"];

/// Returns whether the frame is in-app. If the client marked at least one frame of the event (`marked`), frames without
/// a mark are not in-app.
pub(super) fn is_in_app(frame: &Frame, family: Family, marked: bool) -> bool {
    if family == Family::Native && is_noise(frame) {
        return false;
    }
    match frame.in_app {
        Some(in_app) => in_app,
        // There are too many native libraries on too many systems to guess: a single unknown frame would be all that
        // contributes.
        None => !marked && family != Family::Native && !is_library(frame, family),
    }
}

/// Returns whether a frame is never in-app, although clients mark it: the SDK for Rust only knows a list of crates.
fn is_noise(frame: &Frame) -> bool {
    // An inlined function has a name without the crate, so only the path shows where it belongs.
    let path = frame.abs_path.as_deref().unwrap_or_default();
    if RUST_PATHS.iter().any(|part| path.contains(part)) && path.ends_with(".rs") {
        return true;
    }
    let Some(function) = frame.function.as_deref() else { return false };
    C_RUNTIME.contains(&function)
        || function.starts_with("__libc_start")
        || RUST.iter().any(|prefix| function.starts_with(prefix))
        || function.contains("{{vtable.shim}}")
}

fn is_library(frame: &Frame, family: Family) -> bool {
    let path = frame.abs_path.as_deref().or(frame.filename.as_deref()).unwrap_or_default();
    if is_in_package(path) || SYSTEM.iter().any(|prefix| with_slashes(path).starts_with(prefix)) {
        return true;
    }
    let module = frame.module.as_deref().unwrap_or_default();
    match family {
        Family::JavaScript => CDNS.iter().any(|cdn| path.contains(cdn)),
        Family::Java => is_java_library(module),
        Family::CSharp => module == "System" || module.starts_with("System.") || module.starts_with("Microsoft."),
        Family::Native | Family::Php | Family::Ruby | Family::Go | Family::Beam | Family::Python | Family::Other => {
            false
        }
    }
}

/// Returns whether a class belongs to the JVM, Android or a common library.
pub fn is_java_library(class: &str) -> bool {
    JAVA.iter().any(|prefix| class.starts_with(prefix))
}

/// Returns whether a file is in a folder in which packages are installed.
pub fn is_in_package(path: &str) -> bool {
    let path = with_slashes(path);
    PACKAGES.iter().any(|part| path.contains(part) || path.starts_with(&part[1..]))
}

fn with_slashes(path: &str) -> Cow<'_, str> {
    if path.contains('\\') { path.replace('\\', "/").into() } else { path.into() }
}
