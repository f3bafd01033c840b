//! Errors that were wrongly split or merged in practice, as pairs of events that must, or must not, share an error.

use serde_json::{Value, json};

use super::tests::{different_errors, occurrence, one_error};

fn thrown(platform: &str, kind: &str, frames: Value) -> Value {
    json!({ "platform": platform, "exception": { "values": [
        { "type": kind, "value": "x", "stacktrace": { "frames": frames } },
    ] } })
}

fn script(filename: &str) -> Value {
    thrown("javascript", "TypeError", json!([{ "function": "submit", "filename": filename, "in_app": true }]))
}

/// Bundlers write a hash of the content into file names, so the names change with each deployment.
#[test]
fn a_deploy_does_not_split() {
    for (before, after) in [
        ("app:///_next/static/chunks/cart-121b4e3a7d4a41b9.js", "app:///_next/static/chunks/cart-8a8d226fb007026f.js"),
        ("app:///main.4f3a2b1c.js", "app:///main.0d9e8f77.js"),
        ("capacitor://localhost/assets/index-DiwrgTda.js", "capacitor://localhost/assets/index-BxkqZwLm.js"),
        ("tauri://localhost/a-4f3a2b1c.js", "tauri://localhost/a-0d9e8f77.js"),
        ("chrome-extension://abcdef/a.js", "chrome-extension://abcdef/b.js"),
        ("webpack:///./src/Cart.vue?06aa", "webpack:///./src/Cart.vue?1f3e"),
        ("/srv/dist/server.4f3a2b1c.js", "/srv/dist/server.0d9e8f77.js"),
    ] {
        one_error(&[script(before), script(after)]);
    }
    different_errors(&[
        script("app:///src/cart.js"),
        script("app:///src/order.js"),
        script("webpack:///./src/Order.vue"),
    ]);
}

/// Browsers describe differently why an asynchronous function was called.
#[test]
fn browsers_do_not_split() {
    let at = |function: &str| {
        thrown(
            "javascript",
            "TypeError",
            json!([{ "function": function, "filename": "https://shop.test/a.js", "in_app": true }]),
        )
    };
    one_error(&[at("async load"), at("async*load"), at("promise callback*load"), at("load"), at("Cart.load")]);
    different_errors(&[at("load"), at("save")]);
}

#[test]
fn generated_types_and_functions_do_not_split_and_their_methods_do() {
    let php = |kind: &str| {
        thrown("php", kind, json!([{ "function": "App\\Job::run", "filename": "/srv/a.php", "in_app": true }]))
    };
    one_error(&[php("class@anonymous\0/srv/1/a.php:12$0"), php("class@anonymous\0/srv/2/a.php:14$1")]);
    different_errors(&[php("App\\NoTotal"), php("App\\NoCart")]);
    let closure =
        |name: &str| thrown("php", "E", json!([{ "function": name, "filename": "/srv/a.php", "in_app": true }]));
    one_error(&[closure("{closure:App\\Job::save():12}"), closure("{closure:App\\Job::save():19}")]);
    different_errors(&[closure("{closure:App\\Job::save():12}"), closure("{closure:App\\Job::load():12}")]);

    let java = |module: &str, function: &str| {
        thrown("java", "E", json!([{ "module": module, "function": function, "in_app": true }]))
    };
    one_error(&[java("com.shop.Cart", "lambda$save$0"), java("com.shop.Cart", "lambda$save$3")]);
    different_errors(&[java("com.shop.Cart", "lambda$save$0"), java("com.shop.Cart", "lambda$load$0")]);
    one_error(&[
        java("com.shop.Cart$$SpringCGLIB$$0", "CGLIB$total$3"),
        java("com.shop.Cart$$SpringCGLIB$$1", "CGLIB$total$7"),
    ]);
    different_errors(&[java("com.shop.Cart", "total"), java("com.shop.Order", "total")]);

    let dotnet =
        |module: &str| thrown("csharp", "E", json!([{ "module": module, "function": "MoveNext", "in_app": true }]));
    one_error(&[dotnet("Shop.Cart+<Total>d__4"), dotnet("Shop.Cart+<Total>d__5")]);
    different_errors(&[dotnet("Shop.Cart+<Total>d__4"), dotnet("Shop.Cart+<Load>d__4")]);

    let rust = |function: &str| thrown("rust", "panic", json!([{ "function": function, "in_app": true }]));
    one_error(&[
        rust("shop::cart::total"),
        rust("shop[732db11e2f5fb19e]::cart::total"),
        rust("shop::cart::total::h0123456789abcdef"),
        rust("_ZN4shop4cart5total17h0123456789abcdefE"),
        rust("_RNvNtCs1234_4shop4cart5total"),
    ]);
    different_errors(&[rust("shop::cart::total"), rust("shop::order::total")]);

    let dart =
        |kind: &str| json!({ "platform": "dart", "exception": { "values": [{ "type": kind, "value": "no total" }] } });
    one_error(&[dart("minified:kP"), dart("minified:aQ")]);
    different_errors(&[dart("StateError"), dart("minified:kP")]);
}

/// Native code without symbols is identified by its offset in the image, wherever the image is loaded.
#[test]
fn native_code_without_names_is_identified_by_its_offsets() {
    let crash = |platform: &str, base: u64, offsets: &[u64]| {
        let frames: Vec<_> = offsets
            .iter()
            .map(|offset| {
                json!({ "function": "<redacted>", "package": "/opt/game", "in_app": true,
                        "image_addr": format!("{base:#x}"), "instruction_addr": format!("{:#x}", base + offset) })
            })
            .collect();
        thrown(platform, "SIGSEGV", frames.into())
    };
    for platform in ["native", "cocoa"] {
        one_error(&[crash(platform, 0x40_0000, &[0x10, 0x20]), crash(platform, 0x7f00_0000, &[0x10, 0x20])]);
        different_errors(&[crash(platform, 0x40_0000, &[0x10, 0x20]), crash(platform, 0x40_0000, &[0x10, 0x30])]);
    }
}

#[test]
fn variable_parts_of_messages_do_not_split() {
    let said = |text: &str| json!({ "logentry": { "message": text } });
    for (one, other) in [
        ("tried to allocate 20480 bytes", "tried to allocate 81513688 bytes"),
        ("query took 3 seconds", "query took 3.5 seconds"),
        ("11:57:57 a. m. | no profile", "12:18:17 p. m. | no profile"),
        ("pod web-7d4b9c6f5-x2x9z was killed", "pod web-6c8d7f9b4-q8w2e was killed"),
        ("no such order: order_12345", "no such order: order_98765"),
        ("no such customer: cus_NffrFeUfNV2Hib", "no such customer: cus_9s6XKzkNRiz8i3"),
        ("cannot parse: column 190\n{\"a\":\"x\"}", "cannot parse: column 300\n[1]"),
        ("since January 2, 2006", "since 14 March 2007"),
        ("Cart@1a2b is gone", "Cart@9f8e7d6c is gone"),
    ] {
        one_error(&[said(one), said(other)]);
    }
    different_errors(&[
        said("Cart@1a2b is gone"),
        said("Order@1a2b is gone"),
        said("order_id is gone"),
        said("order_no is gone"),
    ]);
}

/// Reports of browsers are about a host. Reports about different hosts are different errors.
#[test]
fn reports_of_different_hosts_are_different_errors() {
    let fingerprint = |body: Value| {
        let report = protocol::sentry::security::parse(body.to_string().as_bytes()).unwrap().0.remove(0);
        let received = super::tests::received();
        super::group(&protocol::sentry::security::normalise(report, &received, &Default::default())).primary
    };
    let csp = |blocked: &str| {
        fingerprint(
            json!({ "csp-report": { "document-uri": "https://shop.test/", "effective-directive": "font-src", "blocked-uri": blocked } }),
        )
    };
    assert_eq!(csp("https://cdn.test/a.woff"), csp("https://cdn.test/b.woff?c"));
    assert_ne!(csp("https://cdn.test/a.woff"), csp("https://evil.io/a.woff"));
    assert_eq!(csp("chrome-extension://abc/a.woff"), csp("chrome-extension://def/a.woff"));
    assert_ne!(csp("inline"), csp("eval"));
    let staple =
        |host: &str| fingerprint(json!({ "expect-staple-report": { "hostname": host, "cert-status": "REVOKED" } }));
    assert_eq!(staple("shop.test"), staple("shop.test"));
    assert_ne!(staple("shop.test"), staple("pay.test"));
    let network = |url: &str, status: u16| {
        fingerprint(
            json!({ "type": "network-error", "url": url, "body": { "type": "http.error", "status_code": status } }),
        )
    };
    assert_eq!(network("https://shop.test/a", 503), network("https://shop.test/b", 503));
    assert_ne!(network("https://shop.test/a", 503), network("https://pay.test/a", 503));
    assert_ne!(network("https://shop.test/a", 503), network("https://shop.test/a", 404));
}

/// Titles contain the cleaned type.
#[test]
fn titles_are_clean() {
    let title = |event: Value| super::title(&occurrence(event));
    let of = |platform: &str, kind: &str| {
        title(json!({ "platform": platform, "exception": { "values": [{ "type": kind, "value": "no total" }] } }))
    };
    assert_eq!(of("php", "class@anonymous\0/srv/a.php:12$0"), "class@anonymous: no total");
    assert_eq!(of("dart", "minified:kP"), "no total");
    assert_eq!(of("python", "KeyError"), "KeyError: no total");
    assert_eq!(title(json!({ "exception": { "values": [{ "type": " ", "value": "\r" }] } })), "<unknown>");
}

/// Messages that consist only of beginnings of patterns: each byte is read a limited number of times.
#[test]
fn hostile_messages_are_cleaned_within_a_bound() {
    for part in ["http:///", "datetime.datetime(", "Mon Jan 02 2006 14:04:05 GMT-0800 (", "a.", "1,", "1:", "x_"] {
        let text = part.repeat(8_192 / part.len());
        let cleaned = super::parameterise(&text);
        assert!(cleaned.len() <= 16 * text.len(), "{part}");
    }
}

/// An explanation is part of an answer, whose size is limited.
#[test]
fn a_long_stack_is_explained_in_parts() {
    let frames: Vec<_> =
        (0..250).map(|at| json!({ "module": "shop", "function": format!("f{at}"), "in_app": true })).collect();
    let (_, explanation) = super::explain(&occurrence(thrown("python", "E", frames.into())));
    let shown = serde_json::to_value(&explanation).unwrap();
    let frames = shown["components"][0]["components"][1]["components"].as_array().unwrap().clone();
    assert_eq!(frames.len(), 101);
    assert_eq!(frames[50], json!({ "name": "frames", "value": "150 frames not shown", "contributes": true }));
}
