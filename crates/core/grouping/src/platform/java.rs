//! The JVM and its languages: names that compilers and libraries generate contain numbers and hashes.

use std::borrow::Cow;

use crate::name::{is_number, without_digits_after};
use crate::work::spend;
use model::occurrence::Frame;

/// Beginnings of generated suffixes, which extend to the end of the name.
const GENERATED: [&str; 14] = [
    "$$EnhancerByCGLIB$$",
    "$$EnhancerBySpringCGLIB$$",
    "$$SpringCGLIB$$",
    "$$KeyFactoryByCGLIB$$",
    "$$FastClassByCGLIB$$",
    "$$FastClassBySpringCGLIB$$",
    "$$FastClassByGuice$$",
    "$$EnhancerByGuice$$",
    "$HibernateProxy$",
    "$HibernateAccessOptimizer$",
    "$ByteBuddy$",
    "_$$_javassist",
    "_$$_jvst",
    "$MockitoMock$",
];
/// Prefixes of generated names that end in a counter.
const NUMBERED: [&str; 7] = [
    "GeneratedMethodAccessor",
    "GeneratedConstructorAccessor",
    "GeneratedSerializationConstructorAccessor",
    "GeneratedIteratorForCodegenStage",
    "$Proxy",
    "jdk.proxy",
    "_closure",
];
/// Classes that Android's compiler generates for lambdas and outlined code: a kind and a number.
const SYNTHETIC: &str = "$$ExternalSynthetic";
/// Methods that it generates: a hash.
const R8_LAMBDA: &str = "$r8$lambda$";

/// Returns the method without generated numbers. Compilers name a lambda after its method and number it:
/// `lambda$save$0`, `$anonfun$save$1`, `save$lambda$2`. CGLIB numbers the methods of a class (`CGLIB$save$3`), and
/// javac numbers the methods through which inner classes access private members (`access$100`).
pub(super) fn function(name: &str) -> Cow<'_, str> {
    if name.starts_with(R8_LAMBDA) {
        return Cow::Borrowed(R8_LAMBDA.trim_end_matches('$'));
    }
    if !name.contains('$') {
        return Cow::Borrowed(name);
    }
    let is_lambda = name.starts_with("lambda$");
    // Android's compiler adds the class: `lambda$save$0$com-shop-Orders`.
    let is_class = |part: &str| is_lambda && part.contains('-');
    segments(name, |_, part| !is_number(part) && !is_class(part))
}

/// Returns the class without the parts that differ between builds.
pub(super) fn module(module: &str) -> Cow<'_, str> {
    let module = without_hidden(module);
    if let Some((before, after)) = module.split_once("$$Lambda") {
        // Android: `com.shop.-$$Lambda$Cart$aB3…`, with the class in the middle.
        let class = after.strip_prefix('$').and_then(|after| after.split('$').next());
        let class = class.filter(|class| before.ends_with('-') && class.starts_with(|c: char| c.is_ascii_uppercase()));
        return Cow::Owned(
            class.map_or_else(|| format!("{before}$$Lambda"), |class| format!("{before}$$Lambda${class}")),
        );
    }
    spend(module.len());
    let earliest = GENERATED.iter().filter_map(|mark| Some((module.find(mark)?, mark))).min();
    if let Some((at, mark)) = earliest {
        return Cow::Owned(format!("{}{}", &module[..at], mark.trim_end_matches('$')));
    }
    let mut name = Cow::Borrowed(module);
    for mark in NUMBERED {
        if name.contains(mark) {
            name = without_digits_after(name, mark);
        }
    }
    if let Some((before, kind)) = name.split_once(SYNTHETIC) {
        let end = kind.find(|c: char| !c.is_ascii_alphabetic()).unwrap_or(kind.len());
        name = Cow::Owned(format!("{before}{SYNTHETIC}{}", &kind[..end]));
    }
    if name.contains("__") {
        // Clojure: `app.core$handler__45`, `app.core$handler$fn__123`.
        name = without_counters(name);
    }
    if name.contains('$') {
        // Classes of lambdas and of Kotlin's coroutines: `CartKt$load$2`, `Cart$$anonfun$total$1`. A number after a
        // class (`Cart$1`) stays, because nothing else distinguishes anonymous classes.
        let after_method =
            |before: Option<&str>| before.is_some_and(|before| before.starts_with(|c: char| c.is_lowercase()));
        name = match name {
            Cow::Borrowed(name) => class_segments(name, after_method),
            Cow::Owned(name) => Cow::Owned(class_segments(&name, after_method).into_owned()),
        };
    }
    if let Some(number) = name.strip_prefix("Script")
        && is_number(number)
    {
        return Cow::Borrowed("Script");
    }
    name
}

/// Returns a hidden class without its address: `Cart$$Lambda/0x00007f…`, `LambdaForm$MH/12345`.
fn without_hidden(module: &str) -> &str {
    match module.split_once('/') {
        Some((before, id)) if id.starts_with("0x") || id.starts_with(|c: char| c.is_ascii_digit()) => before,
        Some(_) | None => module,
    }
}

/// Returns `name` with only the `wanted` parts between `$`. `wanted` also gets the last part that was kept.
fn segments<'a>(name: &'a str, wanted: impl Fn(Option<&str>, &str) -> bool) -> Cow<'a, str> {
    spend(name.len());
    let mut out = String::with_capacity(name.len());
    let mut before = None;
    for (index, part) in name.split('$').enumerate() {
        if index == 0 || wanted(before, part) {
            if index > 0 {
                out.push('$');
            }
            out.push_str(part);
            before = Some(part);
        }
    }
    if out.len() == name.len() { Cow::Borrowed(name) } else { Cow::Owned(out) }
}

fn class_segments<'a>(name: &'a str, after_method: impl Fn(Option<&str>) -> bool) -> Cow<'a, str> {
    // The package does not belong to the first segment: `com.shop.Cart` is a class, not a method.
    let class = |part: &str| part.rsplit('.').next().map_or(0, |last| part.len() - last.len());
    segments(name, |before, part| !(is_number(part) && after_method(before.map(|before| &before[class(before)..]))))
}

/// Removes `__123` from the end of each part of a name.
fn without_counters(name: Cow<'_, str>) -> Cow<'_, str> {
    let parts = name.split('$').map(|part| {
        let mut part = part;
        while let Some((before, number)) = part.rsplit_once("__")
            && is_number(number)
            && !before.is_empty()
        {
            part = before;
        }
        part
    });
    Cow::Owned(parts.collect::<Vec<_>>().join("$"))
}

pub(super) fn ignored(frame: &Frame) -> Option<&'static str> {
    let module = frame.module.as_deref()?;
    let is_sample = module.starts_with("io.sentry.sample") || module.starts_with("io.sentry.example");
    let is_sdk = module.starts_with("io.sentry.") && !is_sample;
    is_sdk.then_some("code of the SDK")
}
