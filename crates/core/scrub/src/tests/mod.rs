mod objects;
mod personal;
mod work;

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use super::keys::{Verdict, verdict};
use super::text::Style;
use super::*;
use model::id::EventId;
use model::occurrence::Source;
use model::time::Timestamp;

fn clean(text: &str, style: Style) -> String {
    text::scrub(text, style, &Compiled::of(&Rules::default())).unwrap_or_else(|| text.to_owned())
}

#[track_caller]
fn check(input: &str, expected: &str) {
    assert_eq!(clean(input, Style::Text), expected, "{input}");
    assert_eq!(clean(expected, Style::Text), expected, "scrubbing twice changes nothing");
}

/// Verdicts on keys. People must still see the values of names that only describe a secret.
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
fn values_that_people_need_stay() {
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
fn only_literals_of_source_code_are_replaced() {
    let code = |line: &str| clean(line, Style::Code);
    assert_eq!(code("token = get_token(request)"), "token = get_token(request)");
    assert_eq!(code("const password = prompt()"), "const password = prompt()");
    assert_eq!(code("password = \"hunter2\""), "password = \"[Filtered]\"");
    assert_eq!(code("connect('mysql://a:b@h')"), "connect('mysql://[Filtered]@h')");
}

/// Checks every line of `shapes/`. The first lines of `shapes/named.txt` explain the format.
#[test]
fn every_sample_is_scrubbed_or_kept() {
    let tables = [
        include_str!("../shapes/named.txt"),
        include_str!("../shapes/form.txt"),
        include_str!("../shapes/harmless.txt"),
    ];
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
    assert!(count >= 600, "only {count} shapes were read");
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
fn the_paths_are_listed() {
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
    assert_eq!(occurrence, before, "scrubbing twice changes nothing");
}

#[test]
fn a_link_loses_only_its_token() {
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

#[test]
fn a_key_that_is_a_secret_is_replaced() {
    let mut occurrence = occurrence();
    occurrence.extra = object(json!({"seen": {"4111111111111111": 2, "harmless name here": 1}}));
    scrub(&mut occurrence, &Rules::default());
    assert_eq!(occurrence.extra["seen"], json!({"[Filtered]": 2, "harmless name here": 1}));
}

/// Secrets in several forms, each with a part that must not survive.
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

/// Every limit on how many bytes are searched may fall into the middle of a character.
#[test]
fn limits_may_fall_within_a_character() {
    let forms = [
        "password=",
        "password: ",
        "PASSWORD=[",
        "Authorization: Bearer ",
        "--token ",
        "https://x/?token=",
        "{\"name\": \"password\", \"value\": ",
        "name=\"password",
        "name='password",
        "{\"value\": \"x\", \"name\": \"password",
        "headers: [{\"x-api-key\", \"",
        "Content-Disposition: form-data; name=\"password\"\r\n\r\n",
        "<property name=\"password\">",
        "password := Some(",
        "password = new String(\"",
        "password:string(8) \"",
        "password: |\n  ",
        "-----BEGIN PRIVATE KEY-----\n",
        "INSERT INTO users (name, password) VALUES ('x', '",
        "s:8:\"password\";s:7:\"",
        "https://user:",
        "curl -u ",
        "sk-",
        "https://ptb.discord.com",
        "VALUES (N'x",
        "INSERT INTO users (name, password) VALUES (N'x'",
        "password=%22",
        "&quot;password&quot;:&quot;",
    ];
    for form in forms {
        for padding in (0..130).chain(190..260).chain(500..520).chain(590..610).chain(990..1_010) {
            let text = format!("{form}{}{}", "a".repeat(padding), "日本語".repeat(120));
            for style in [Style::Text, Style::Code] {
                let cleaned = clean(&text, style);
                assert!(cleaned.len() <= text.len() + FILTERED.len(), "{text}");
            }
        }
    }
}

/// A long secret is replaced as a whole.
#[test]
fn long_secrets_are_replaced_to_their_end() {
    let long = "aB3".repeat(5_000);
    check(&format!("token={long} x"), "token=[Filtered] x");
    check(&format!("x token: {long}"), "x token: [Filtered]");
}

proptest! {
    /// No secret is left anywhere in the line that is stored.
    #[test]
    fn no_secret_survives_in_any_field((value, part) in secret(), place in 0..16usize, around in "[a-z ]{0,12}") {
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
            14 => occurrence.errors = vec![model::json::Problem::invalid("user.thing", value.clone(), "expected a string")],
            _ => occurrence.transaction = Some(text),
        }
        scrub(&mut occurrence, &Rules::default());
        let line = serde_json::to_string(&occurrence).unwrap();
        prop_assert!(!line.contains(part), "{line}");
        prop_assert!(!occurrence.scrubbed.is_empty());
    }

    #[test]
    fn any_text_can_be_scrubbed(text in "(\\PC|[ :='\"\\\\/@\\-0-9]|password|token|Bearer |AKIA|%3D|%22|&quot;|4111111111111111|\\[Filtered\\]|name=|value=|--|<|>|sk-){0,60}") {
        let once = clean(&text, Style::Text);
        prop_assert_eq!(&clean(&once, Style::Text), &once);
        let code = clean(&text, Style::Code);
        prop_assert_eq!(&clean(&code, Style::Code), &code);
        prop_assert!(once.len() <= text.len() * 6 + 16);
    }
}
