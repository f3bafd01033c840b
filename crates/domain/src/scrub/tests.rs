use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::keys::{Verdict, verdict};
use super::text::Style;
use super::*;
use crate::id::EventId;
use crate::occurrence::Source;
use crate::time::Timestamp;

fn clean(text: &str, style: Style) -> String {
    text::scrub(text, style, &Compiled::of(&Rules::default())).unwrap_or_else(|| text.to_owned())
}

#[track_caller]
fn check(input: &str, expected: &str) {
    assert_eq!(clean(input, Style::Text), expected, "{input}");
    assert_eq!(clean(expected, Style::Text), expected, "twice changes nothing");
}

/// What a key says of its value. Names that only speak of a secret must not cost people what they need.
#[test]
fn keys_are_read_word_by_word() {
    let table = [
        (
            Verdict::Secret,
            "password passwd Password db_password DB-PASSWORD dbPassword userPassword2 password_hash \
            password_confirmation passphrase secret client_secret clientSecret SECRET_KEY secretKey api_key apiKey APIKey apikey \
            X-Api-Key apikey2 aws_secret_access_key accessKey mfa_code recoveryCodes passwort contraseña motDePasse hmacKey private_key privateKey ssh_key encryption_key Authorization \
            Proxy-Authorization credentials mysql_pwd credit_card card_number cardNumber cvv cvc2 otp user[password] \
            session_key APP_KEY secret_token mypassword signing_key",
        ),
        (
            Verdict::SecretText,
            "token access_token accessToken refresh_token X-CSRF-Token csrfmiddlewaretoken csrf jwt tokens \
            max_tokens auth x-auth basic_auth cookie Cookie Set-Cookie cookies session sessionid session_id PHPSESSID \
            JSESSIONID sid pass db_pass auth_token GITHUB_PAT",
        ),
        (Verdict::Pin, "pin pin_code pincode card_pin"),
        (Verdict::Link, "password_reset_url token_url authorization_url webhook_url"),
        (
            Verdict::Open,
            "author authority authorized authenticated token_count token_type tokenizer password_changed_at \
            password_reset_required passwordStrength secretary key keys public_key primary_key keyboard monkey cache_key \
            session_count sessions cookies_enabled cookie_domain auth_method auth_user auth_type bypass passed passing \
            passenger compass spin pinned opinion pin_count card number order_number id user name path AUTH_PASSWORD_VALIDATORS \
            SESSION_COOKIE_NAME CSRF_COOKIE_AGE secret_name access_key_id csrf_enabled discard cardinality tokenize \
            password_field next_token nextPageToken unexpected_token storage_key status_code",
        ),
    ];
    for (expected, keys) in table {
        for key in keys.split_ascii_whitespace() {
            assert_eq!(verdict(key), expected, "{key}");
        }
    }
}

#[test]
fn secrets_in_texts_are_found_by_their_name() {
    check("login failed: password=hunter2 user=ann", "login failed: password=[Filtered] user=ann");
    check("password: hunter2", "password: [Filtered]");
    check("{\"password\": \"hun\\\"ter2\", \"user\": \"ann\"}", "{\"password\": \"[Filtered]\", \"user\": \"ann\"}");
    check("{\\\"token\\\":\\\"abc def\\\",\\\"a\\\":1}", "{\\\"token\\\":\\\"[Filtered]\\\",\\\"a\\\":1}");
    check("{\"secret\": [\"a]b\", {\"c\": 1}], \"n\": 2}", "{\"secret\": [Filtered], \"n\": 2}");
    check(
        "{'tokens': [1, 2], 'session': {'password': 'x'}}",
        "{'tokens': [1, 2], 'session': {'password': '[Filtered]'}}",
    );
    check("{'api_key': b'xyz', 'n': 2}", "{'api_key': b'[Filtered]', 'n': 2}");
    check("{:password=>\"x\", \"secret\" => 'y'}", "{:password=>\"[Filtered]\", \"secret\" => '[Filtered]'}");
    check("a=1&access_token=abc&b=2", "a=1&access_token=[Filtered]&b=2");
    check("user%5Bpassword%5D=x&b", "user%5Bpassword%5D=[Filtered]&b");
    check("Server=db;User Id=sa;Password=p@ss;Database=x", "Server=db;User Id=sa;Password=[Filtered];Database=x");
    check("Authorization: Bearer abc.def\nHost: x", "Authorization: [Filtered]\nHost: x");
    check("cookie: a=b; c=d", "cookie: [Filtered]");
    check("curl -H \"X-Api-Key: abc\" https://x", "curl -H \"X-Api-Key: [Filtered]\" https://x");
    check("UPDATE users SET password = 'x' WHERE id = 1", "UPDATE users SET password = '[Filtered]' WHERE id = 1");
    check("token: 8f3a9c0d1e", "token: [Filtered]");
    check("https://x.test/?X-Amz-Signature=ab12&y=1", "https://x.test/?X-Amz-Signature=[Filtered]&y=1");
    check("pässword=geheim, password=geheimß ende", "pässword=geheim, password=[Filtered] ende");
}

#[test]
fn secrets_are_found_by_their_form() {
    check("postgres://ann:pw@db.test/x", "postgres://[Filtered]@db.test/x");
    check("redis://:pw@cache:6379", "redis://[Filtered]@cache:6379");
    check("card 4111 1111 1111 1111 declined", "card [Filtered] declined");
    check("4111-1111-1111-1111", "[Filtered]");
    check("378282246310005.", "[Filtered].");
    check("used Bearer aB3.xyz-123 today", "used Bearer [Filtered] today");
    check("Basic dXNlcjpwYXNz", "Basic [Filtered]");
    check("key AKIAIOSFODNN7EXAMPLE in use", "key [Filtered] in use");
    check("ghp_0123456789abcdefghijABCDEFGHIJ012345", "[Filtered]");
    check("xoxb-12345678901-abcdefGHIJKL", "[Filtered]");
    check("https://hooks.slack.com/services/T000/B000/XXXX1234", "https://hooks.slack.com/services/[Filtered]");
    let jwt = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0.dozjgNryP4J3jVmNHl0w5N_XgL0n3I9PlFUP0THsR8U";
    check(&format!("got {jwt}!"), "got [Filtered]!");
    let pem = "-----BEGIN RSA PRIVATE KEY-----\nMIIE\nabc=\n-----END RSA PRIVATE KEY-----";
    check(&format!("x {pem} y"), "x -----BEGIN RSA PRIVATE KEY-----[Filtered]-----END RSA PRIVATE KEY----- y");
    check("-----BEGIN EC PRIVATE KEY-----\nMIIE", "-----BEGIN EC PRIVATE KEY-----[Filtered]");
}

#[test]
fn what_people_need_stays() {
    for text in [
        "Unexpected token: } in JSON at position 7",
        "invalid token: expected identifier",
        "CSRF token missing",
        "the password is too short",
        "bearer token required, basic authentication failed",
        "std::token::Token::new",
        "if password == other: raise",
        "token=<Token object at 0x7f00>",
        "WHERE password = %s AND token = ?",
        "password=None, token=null",
        "max_tokens=100",
        "author=ann, monkey=1",
        "4111111111111112",
        "order 1700000000000 at 1700000000",
        "0.4111111111111111",
        "7c1811ed-e98f-4c9c-a9f9-58c757ff494f",
        "https://shop.test/@ann/cart?item=1",
        "ann@example.com",
        "-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----",
        "sk-learn model failed",
        "[Filtered]",
        "invalid cookie: no domain",
        "",
    ] {
        check(text, text);
    }
}

#[test]
fn source_shows_only_its_literals() {
    let code = |line: &str| clean(line, Style::Code);
    assert_eq!(code("token = get_token(request)"), "token = get_token(request)");
    assert_eq!(code("const password = prompt()"), "const password = prompt()");
    assert_eq!(code("password = \"hunter2\""), "password = \"[Filtered]\"");
    assert_eq!(code("connect('mysql://a:b@h')"), "connect('mysql://[Filtered]@h')");
}

/// Every line of `shapes/`, whose form the first lines of `shapes/named.txt` explain.
#[test]
fn every_shape_is_scrubbed_or_kept_as_the_tables_say() {
    let tables =
        [include_str!("shapes/named.txt"), include_str!("shapes/form.txt"), include_str!("shapes/harmless.txt")];
    let mut wrong = Vec::new();
    let mut count = 0;
    for line in tables.iter().flat_map(|table| table.lines()) {
        if line.starts_with('#') || line.trim().is_empty() {
            continue;
        }
        count += 1;
        let read = |text: &str| text.replace("^^", "").replace("\\r", "\r").replace("\\n", "\n").replace("~~", "\\");
        let (kind, rest) = line.split_once(": ").expect(line);
        let (text, part) = if kind == "gone" { rest.rsplit_once(" | ").expect(line) } else { (rest, "") };
        let (text, part) = (read(text), read(part));
        let scrubbed = clean(&text, Style::Text);
        let right = if kind == "gone" { text.contains(&part) && !scrubbed.contains(&part) } else { scrubbed == text };
        if !right || clean(&scrubbed, Style::Text) != scrubbed {
            wrong.push(format!("{line}\n    became {scrubbed:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {count} are wrong:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count >= 400, "only {count} shapes were read");
}

fn occurrence() -> Occurrence {
    let now = Timestamp::from_seconds(1_700_000_000);
    Occurrence::new(EventId::from_bytes([1; 16]), Source::Sentry, now, now)
}

fn object(value: Value) -> Map<String, Value> {
    let Value::Object(map) = value else { panic!("an object") };
    map
}

#[test]
fn the_places_are_written_down() {
    let mut occurrence = occurrence();
    occurrence.request = object(json!({
        "url": "https://ann:pw@shop.test/", "query_string": "a=1&token=abc", "cookies": {"theme": "dark"},
        "headers": {"Authorization": "Bearer x", "Accept": "text/html"}, "env": {"DB_PASSWORD": "x"},
        "data": {"card": {"number": "4111111111111111"}, "ok": [["password", "x"], ["user", "ann"]]},
    }));
    occurrence.extra = object(json!({"tokens": 17, "deep": {"list": [{"secret": {"a": ["x", 1, null, true]}}]}}));
    occurrence.tags.insert("api_key".to_owned(), "x".to_owned());
    scrub(&mut occurrence, &Rules::default());
    assert_eq!(
        occurrence.scrubbed,
        [
            "tags.api_key",
            "extra.deep.list.0.secret.a.0",
            "extra.deep.list.0.secret.a.1",
            "request.cookies.theme",
            "request.data.card.number",
            "request.data.ok.0.1",
            "request.env.DB_PASSWORD",
            "request.headers.Authorization",
            "request.query_string",
            "request.url",
        ]
    );
    assert_eq!(occurrence.request["headers"], json!({"Authorization": "[Filtered]", "Accept": "text/html"}));
    assert_eq!(occurrence.request["url"], "https://[Filtered]@shop.test/");
    assert_eq!(occurrence.extra["tokens"], 17);
    assert_eq!(occurrence.extra["deep"]["list"][0]["secret"]["a"], json!(["[Filtered]", "[Filtered]", null, true]));
    let before = occurrence.clone();
    scrub(&mut occurrence, &Rules::default());
    assert_eq!(occurrence, before, "twice changes nothing");
}

#[test]
fn a_link_keeps_its_form_and_loses_its_token() {
    let mut occurrence = occurrence();
    occurrence.extra = object(json!({
        "password_reset_url": "https://shop.test/reset/9f8e7d6c5b4a39281706?x=1", "token_url": "https://login.test/oauth2/token",
    }));
    scrub(&mut occurrence, &Rules::default());
    assert_eq!(occurrence.extra["password_reset_url"], "https://shop.test/reset/[Filtered]?x=1");
    assert_eq!(occurrence.extra["token_url"], "https://login.test/oauth2/token");
}

#[test]
fn a_project_adds_and_exempts() {
    let rules = Rules {
        additional: vec!["account number".to_owned()],
        exempt: vec!["sessionId".to_owned(), "reference".to_owned()],
        personal: Vec::new(),
    };
    let mut occurrence = occurrence();
    occurrence.message = "accountNumber=DE12 and account_number='x'".to_owned();
    occurrence.extra = object(json!({
        "oldAccountNumber": 12, "number": 3, "session_id": "abc", "reference": "4111111111111111", "session_key": "abc",
    }));
    scrub(&mut occurrence, &rules);
    assert_eq!(occurrence.message, "accountNumber=[Filtered] and account_number='[Filtered]'");
    assert_eq!(
        Value::Object(occurrence.extra),
        json!({"oldAccountNumber": "[Filtered]", "number": 3, "session_id": "abc", "reference": "4111111111111111", "session_key": "[Filtered]"})
    );
}

/// Each kind of personal data: with the option it goes, without it stays.
#[test]
fn a_project_has_personal_data_replaced() {
    let table = [
        (Personal::Email, "to ann.b+x@shop.example.", "to [Filtered]."),
        (Personal::Email, "ann@localhost and react@18.0.0", "ann@localhost and react@18.0.0"),
        (Personal::Email, "mail=jörg@exämple.test, x", "mail=[Filtered], x"),
        (Personal::Email, "to=ann%40shop.example&x", "to=[Filtered]&x"),
        (Personal::Ip, "from 203.0.113.7:443, [2001:db8::1]:80.", "from [Filtered]:443, [[Filtered]]:80."),
        (Personal::Ip, "v1.2.3.4.5 at 12:30:45, 127.0.0.1, 300.1.1.1", "v1.2.3.4.5 at 12:30:45, 127.0.0.1, 300.1.1.1"),
        (Personal::Iban, "DE89370400440532013000 or DE89 3704 0044 0532 0130 00 end", "[Filtered] or [Filtered] end"),
        (Personal::Iban, "DE88370400440532013000", "DE88370400440532013000"),
        (Personal::Phone, "call +49 30 1234567 or 0049-30-1234567.", "call [Filtered] or [Filtered]."),
        (Personal::Phone, "12:00+01:00 +0100 0000000012345 1+12345678", "12:00+01:00 +0100 0000000012345 1+12345678"),
        (Personal::Ssn, "of 123-45-6789, not 000-45-6789", "of [Filtered], not 000-45-6789"),
    ];
    for (kind, text, expected) in table {
        let rules = Compiled::of(&Rules { personal: vec![kind], ..Rules::default() });
        let scrubbed = text::scrub(text, Style::Text, &rules).unwrap_or_else(|| text.to_owned());
        assert_eq!(scrubbed, expected);
        assert_eq!(text::scrub(&scrubbed, Style::Text, &rules), None, "twice changes nothing");
        assert_eq!(clean(text, Style::Text), text, "without the option");
    }
}

/// A name that holds a secret is replaced, and is not written down as a place either.
#[test]
fn no_place_names_a_secret() {
    let token = format!("ghp_{}", "0123456789abcdefghijABCDEFGHIJ012345");
    let mut occurrence = occurrence();
    occurrence.extra = object(json!({
        "seen": {token.clone(): {"password": "x", "card": "4111111111111111"}},
        "secret": {token.clone(): 1}, "a=1&password=hunter2": "x", "password=hun2": 1,
    }));
    occurrence.request = object(
        json!({token.clone(): {"token": "x"}, "cookies": {token.clone(): "x"}, "data": [{token.clone(): {"pin": "4711"}}]}),
    );
    occurrence.contexts = object(json!({"debug_meta": {token.clone(): {"a": "4111111111111111"}}}));
    occurrence.modules = object(json!({token.clone(): "https://ann:hunter2@shop.test"}));
    occurrence.tags.insert(token.clone(), "password=hunter2".to_owned());
    scrub(&mut occurrence, &Rules::default());
    let line = serde_json::to_string(&occurrence).unwrap();
    assert!(!line.contains("0123456789") && !line.contains("hun"), "{line}");
    assert!(occurrence.scrubbed.contains(&"extra.seen.[Filtered].password".to_owned()), "{:?}", occurrence.scrubbed);
    let before = occurrence.clone();
    scrub(&mut occurrence, &Rules::default());
    assert_eq!(occurrence, before, "twice changes nothing");
}

/// Lists and objects whose forms say what is a secret: `gone` must not be left, the other one stays as it is.
#[test]
fn objects_and_lists_are_read_as_they_are_meant() {
    for gone in [
        json!({"id": "a", "name": "password", "value": "hunter2x"}),
        json!({"key": "password", "value": {"stringValue": "hunter2x"}}),
        json!({"key": "token", "value": {"stringValue": "hunter2x"}}),
        json!({"label": "Password", "value": "hunter2x"}),
        json!(["mysql", "-phunter2x"]),
        json!(["curl", "-H", "Authorization: token hunter2x", "x"]),
        json!(["Authorization: token hunter2x", "Accept: text/html"]),
        json!({"headers": {"Authorization": "token hunter2x"}}),
    ] {
        let mut occurrence = occurrence();
        occurrence.extra = object(json!({"thing": gone}));
        scrub(&mut occurrence, &Rules::default());
        assert!(!serde_json::to_string(&occurrence).unwrap().contains("hunter2x"), "{gone}");
    }
    for kept in [
        json!({"id": "session", "data": {"page": "cart"}}),
        json!({"key": "token", "text": "Your token"}),
        json!({"key": "session", "value": {"page": "cart"}}),
        json!({"name": "password", "type": "string"}),
        json!(["app", "--verbose", "start"]),
    ] {
        let mut occurrence = occurrence();
        occurrence.extra = object(json!({"thing": kept}));
        scrub(&mut occurrence, &Rules::default());
        assert_eq!(occurrence.extra["thing"], kept);
    }
}

#[test]
fn a_secret_that_is_a_key_goes_too() {
    let mut occurrence = occurrence();
    occurrence.extra = object(json!({"seen": {"4111111111111111": 2, "harmless name here": 1}}));
    scrub(&mut occurrence, &Rules::default());
    assert_eq!(occurrence.extra["seen"], json!({"[Filtered]": 2, "harmless name here": 1}));
}

/// Forms of a secret, with a part that must not survive.
fn secret() -> impl Strategy<Value = (Value, &'static str)> {
    prop_oneof![
        Just((json!({"password": "S3CRETVALUE"}), "S3CRETVALUE")),
        Just((json!({"nested": [{"clientSecret": ["S3CRETVALUE"]}]}), "S3CRETVALUE")),
        Just((json!({"Authorization": "Basic S3CRETVALUE"}), "S3CRETVALUE")),
        Just((json!([["x-api-key", "S3CRETVALUE"]]), "S3CRETVALUE")),
        Just((json!("{\"user\": 1, \"password\": \"S3CRETVALUE\"}"), "S3CRETVALUE")),
        Just((json!("a=1&token=S3CRETVALUE&b"), "S3CRETVALUE")),
        Just((json!("mysql://root:S3CRETVALUE@db/x"), "S3CRETVALUE")),
        Just((json!("-----BEGIN PRIVATE KEY-----\nS3CRETVALUE\n-----END PRIVATE KEY-----"), "S3CRETVALUE")),
        Just((json!("paid with 4111 1111 1111 1111"), "1111 1111")),
        Just((json!(4111111111111111u64), "4111111111111111")),
        Just((json!("AKIAS3CRETVALUE12345"), "S3CRETVALUE")),
    ]
}

/// What the scanners look for, and what keeps them looking.
const PIECES: [&str; 62] = [
    "token:",
    "token: ",
    "token=",
    "token={",
    "password='",
    "password=\\\"",
    "password=\"*",
    "secret: [",
    "'token': [",
    "cookie: ",
    "authorization: is ",
    "authorization: a=\"",
    "pin=",
    "name=\"password\" ",
    "name: token",
    "value=",
    "\"value\":",
    "key=",
    "sk-",
    "eyJ-",
    "eyJ.",
    "basic+",
    "bearer ",
    "a://",
    "a:b@",
    "a.b@",
    "://x:",
    "-----BEGIN ",
    "-----BEGIN PRIVATE KEY",
    "--token ",
    "-u ",
    "curl -u ",
    "mysql -p",
    "4-4 ",
    "4111 1111 ",
    "123:AA",
    "$2y$",
    "$argon2",
    "\\\"",
    "\\",
    "\"",
    "'",
    "<password>",
    "<key>password</key>",
    "<![CDATA[",
    ">",
    "<",
    "VALUES (",
    "(password) VALUES (",
    "IDENTIFIED BY '",
    "PASSWORD '",
    "%3D",
    "%253D",
    "&quot;",
    "\\u0022",
    "\n\n",
    "form-data; name=password\n\n",
    "Private-Lines: 1\n",
    "[Filtered]",
    "Some(",
    "}",
    ",",
];

/// No text makes a scanner walk it again and again: twice the text is at most twice the work. Counted in bytes that are
/// walked, for every two pieces by turns.
#[test]
fn the_work_grows_with_the_text_and_not_with_its_square() {
    let rules = Compiled::of(&Rules { personal: Personal::ALL.to_vec(), ..Rules::default() });
    let work = |text: &str, style: Style| {
        text::work::take();
        let _ = text::scrub(text, style, &rules);
        text::work::take()
    };
    let mut slow = Vec::new();
    for style in [Style::Text, Style::Code] {
        for (index, first) in PIECES.iter().enumerate() {
            for second in &PIECES[index..] {
                let piece = format!("{first}{second}");
                let text = piece.repeat(3_000 / piece.len());
                let (once, twice) = (work(&text, style), work(&text.repeat(2), style));
                if twice > once * 5 / 2 + 2_000 || twice > text.len() * 2 * 250 {
                    slow.push(format!("{piece:?} in {style:?}: {once} and {twice} bytes of {}", text.len()));
                }
            }
        }
    }
    assert!(slow.is_empty(), "{} texts:\n{}", slow.len(), slow.join("\n"));
}

/// A text at the limit ends as others do.
#[test]
fn a_hostile_text_of_a_quarter_of_a_megabyte_ends() {
    for piece in ["token:", "password='{", "\\\"", "'token': [", "a.b@"] {
        let text = piece.repeat((1 << 18) / piece.len());
        let _ = (clean(&text, Style::Text), clean(&text, Style::Code));
        let _ = crate::grouping::parameterise(&text);
    }
}

/// A long secret goes as a whole.
#[test]
fn long_secrets_go_to_their_end() {
    let long = "aB3".repeat(5_000);
    check(&format!("token={long} x"), "token=[Filtered] x");
    check(&format!("x token: {long}"), "x token: [Filtered]");
}

proptest! {
    /// No secret is left anywhere in the line that is stored.
    #[test]
    fn no_secret_survives_wherever_it_stands((value, part) in secret(), place in 0..16usize, around in "[a-z ]{0,12}") {
        let mut occurrence = occurrence();
        let map = || Map::from_iter([("thing".to_owned(), value.clone())]);
        let text = match &value {
            Value::String(text) => format!("{around} {text}"),
            other => format!("{around} {other}"),
        };
        let frame = Frame { vars: map(), ..Frame::default() };
        let stack = Stacktrace { frames: vec![frame], other: map() };
        match place {
            0 => occurrence.extra = map(),
            1 => occurrence.contexts = Map::from_iter([("params".to_owned(), map().into())]),
            2 => occurrence.user = Map::from_iter([("data".to_owned(), map().into())]),
            3 => occurrence.request = Map::from_iter([("data".to_owned(), value.clone())]),
            4 => occurrence.request = Map::from_iter([("env".to_owned(), map().into())]),
            5 => occurrence.other = map(),
            6 => occurrence.breadcrumbs = vec![Map::from_iter([("data".to_owned(), map().into())])],
            7 => occurrence.exceptions = vec![Exception { stacktrace: Some(stack), ..Exception::default() }],
            8 => occurrence.threads = vec![Thread { stacktrace: Some(stack), other: map(), ..Thread::default() }],
            9 => occurrence.stacktrace = Some(stack),
            10 => occurrence.message = text,
            11 => occurrence.exceptions = vec![Exception { value: Some(text), other: map(), ..Exception::default() }],
            12 => drop(occurrence.tags.insert("thing".to_owned(), text)),
            13 => occurrence.logentry = Map::from_iter([("params".to_owned(), value.clone())]),
            14 => occurrence.errors = vec![crate::occurrence::Problem::invalid("user.thing", value.clone(), "expected a text")],
            _ => occurrence.transaction = Some(text),
        }
        scrub(&mut occurrence, &Rules::default());
        let line = serde_json::to_string(&occurrence).unwrap();
        prop_assert!(!line.contains(part), "{line}");
        prop_assert!(!occurrence.scrubbed.is_empty());
    }

    #[test]
    fn whatever_text_comes_it_ends_and_stays_a_text(text in "(\\PC|[ :='\"\\\\/@\\-0-9]|password|token|Bearer |AKIA|%3D|%22|&quot;|4111111111111111|\\[Filtered\\]|name=|value=|--|<|>|sk-){0,60}") {
        let once = clean(&text, Style::Text);
        prop_assert_eq!(&clean(&once, Style::Text), &once);
        let code = clean(&text, Style::Code);
        prop_assert_eq!(&clean(&code, Style::Code), &code);
        prop_assert!(once.len() <= text.len() * 6 + 16);
    }
}
