//! The JVM: names that are generated at run time carry numbers.

use std::borrow::Cow;

use crate::occurrence::Frame;

/// Where a generated suffix begins; it goes on to the end of the name.
const GENERATED: [&str; 12] = [
    "$$EnhancerByCGLIB$$",
    "$$EnhancerBySpringCGLIB$$",
    "$$SpringCGLIB$$",
    "$$FastClassByCGLIB$$",
    "$$FastClassBySpringCGLIB$$",
    "$$FastClassByGuice$$",
    "$$EnhancerByGuice$$",
    "$HibernateProxy$",
    "$ByteBuddy$",
    "_$$_javassist",
    "_$$_jvst",
    "$MockitoMock$",
];
/// Classes that the JVM numbers.
const NUMBERED: [&str; 4] =
    ["GeneratedMethodAccessor", "GeneratedConstructorAccessor", "GeneratedSerializationConstructorAccessor", "$Proxy"];

pub(super) fn function<'a>(name: &'a str, module: Option<&str>) -> Option<&'a str> {
    let is_lambda = name.starts_with("lambda$") || module.is_some_and(|module| module.contains("$$Lambda"));
    (!is_lambda).then_some(name)
}

pub(super) fn module(module: &str) -> Option<Cow<'_, str>> {
    if module.contains("$$Lambda") {
        return None;
    }
    for mark in GENERATED {
        if let Some((before, _)) = module.split_once(mark) {
            return Some(Cow::Owned(format!("{before}{}", mark.trim_end_matches('$'))));
        }
    }
    for mark in NUMBERED {
        if let Some(at) = module.find(mark) {
            let end = at + mark.len();
            let digits = module[end..].bytes().take_while(u8::is_ascii_digit).count();
            if digits > 0 {
                return Some(Cow::Owned(format!("{}{}", &module[..end], &module[end + digits..])));
            }
        }
    }
    // Clojure: `app.core$fn__123` and `app.core$handler__45`.
    if let Some((before, number)) = module.rsplit_once("__")
        && !number.is_empty()
        && number.bytes().all(|digit| digit.is_ascii_digit())
    {
        return Some(Cow::Owned(before.to_owned()));
    }
    Some(Cow::Borrowed(module))
}

pub(super) fn ignored(frame: &Frame) -> Option<&'static str> {
    let module = frame.module.as_deref()?;
    let is_sample = module.starts_with("io.sentry.sample") || module.starts_with("io.sentry.example");
    let is_sdk = module.starts_with("io.sentry.") && !is_sample;
    is_sdk.then_some("the SDK itself")
}
