use super::parameterise;

/// The text alone, and with words on either side.
#[track_caller]
fn check(input: &str, expected: &str) {
    assert_eq!(parameterise(input), expected);
    assert_eq!(parameterise(&format!("before {input} after")), format!("before {expected} after"));
    assert_eq!(parameterise(&format!("({input})")), format!("({expected})"));
}

#[test]
fn addresses_are_taken_out() {
    check("ann@example.com", "<email>");
    check("ann.b+tag@mail.example.co.uk", "<email>");
    check("user 'ann@example.com'", "user '<email>'");
    check("user=ann@example.com", "user=<email>");
    check("ann@ home", "ann@ home");
    assert_eq!(parameterise("GET http://example.com:80/a?b=1#c now"), "GET <url> now");
    assert_eq!(parameterise("wss://localhost:9000"), "<url>");
    assert_eq!(parameterise("http://u:p@10.0.0.1/"), "<url>");
    check("db.example.com", "<hostname>");
    check("db.example.com.", "<hostname>.");
    check("EXAMPLE.ORG", "<hostname>");
    check("connect db-1.eu-west.example.net:5432", "connect <hostname>:<int>");
    check("10.20.30.40", "<ip>");
    check("10.20.30.40:80", "<ip>:<int>");
    check("10.0.0.0/8", "<ip>");
    check("::1", "<ip>");
    check("fe80::1ff:fe23:4567:890a", "<ip>");
    check("fc00::/7", "<ip>");
    check("::ffff:192.168.1.1", "<ip>");
    check("1121:0c03:1231:130d:0000:16da:0908:da07", "<ip>");
}

/// What reads like code stays, or two different errors would become one.
#[test]
fn code_is_left_alone() {
    for text in [
        "Option::unwrap()",
        "Fee::add() called too early",
        "user.id is null",
        "src/main.rs",
        "foo.bar.Baz",
        "std::collections::HashMap",
        "cannot read property length of undefined",
        "utf8mb4",
        "sha256 of x86_64",
        "deadbee",
        "9af",
        "false is not true",
        "a = True",
        "naïve café",
        "user@",
        "b='value\"",
    ] {
        check(text, text);
    }
}

#[test]
fn ids_are_taken_out() {
    check("7c1811ed-e98f-4c9c-a9f9-58c757ff494f", "<uuid>");
    check("BEA691F2-2E25-4BEC-6838-E0C44B03D60A/7c1811ed-e98f-4c9c-a9f9-58c757ff494f", "<uuid>/<uuid>");
    check("5fc35719b9cf96ec602dbc748ff31c587a46961d", "<sha1>");
    check("0751007cd28df267e8e051b51f918c60", "<md5>");
    check("00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01", "<traceparent>");
    check("1-67891233-abcdef012345678912345678", "<traceparent>");
    check("tx274a77a8975c4a66aeb24-0052d95365", "<swift_txn_id>");
    check("0x9AF8c3be", "<hex>");
    check("9af8", "<hex>");
    check("9AF8C3BE3A", "<hex>");
    check("deadbeef", "<hex>");
    check("deadBEEF", "deadBEEF");
    check("commit a93c7d2", "commit <git_sha>");
    check(&"b0".repeat(64), "<hex>");
    check(&"b0".repeat(65), &"b0".repeat(65));
}

#[test]
fn dates_and_times_are_taken_out() {
    for date in [
        "Mon, 02 Jan 06 15:04 MST",
        "Mon, 02 Jan 2006 15:04:05 -0700",
        "02 Jan 2006 15:04:05 GMT",
        "Monday, 02-Jan-06 15:04:05 MST",
        "Mon Jan 02 2006 14:04:05 GMT-0800 (Pacific Standard Time)",
        "Mon Jan 02 2006 14:04:05 GMT+0000",
        "Mon Jan 02, 1999",
        "Jan 18, 2019",
        "Mon Jan  2 15:04:05 2006",
        "2006-01-02",
        "2006-01-02T15:04:05Z",
        "2006-01-02T15:04:05.999999999Z",
        "2006-01-02T15:04:05Z07:00",
        "2006-01-02 15:04:05+01:00",
        "2006-01-02 15:04:05,123",
        "2006-01-02 15:04",
        "20060102T150405Z",
        "20060102 150405+0100",
        "20240220 11:55:33.546593",
        "9:08",
        "23:21:12",
        "12:31:12 pm",
        "11:21PM",
        "datetime.datetime(2025, 6, 24, 18, 33, 0, 447640)",
    ] {
        check(date, "<date>");
    }
    check("908:31", "<int>:<int>");
    check("31:21", "<int>:<int>");
    check("12:99", "<int>:<int>");
    check("10000-01-02", "<int>-<int>-<int>");
    check("2006-20-02", "<int>-<int>-<int>");
}

#[test]
fn numbers_are_taken_out() {
    check("0ms", "<duration>");
    check("1.25s", "<duration>");
    check("23", "<int>");
    check("-23", "<int>");
    check("value:-17502", "value:<int>");
    check("part-908", "part-<int>");
    check("415-908", "<int>-<int>");
    check("1234567", "<int>");
    check("12345678", "<hex>");
    check("-12345678", "<hex>");
    check("0.23", "<float>");
    check("-1.5e-7", "<float>");
    check("1.2.3", "<float>.<int>");
    check("(#239323", "(#<int>");
    check("b='1'", "b=<quoted_str>");
    check("b=\"0.0.0.0 1 a=True\"", "b=<quoted_str>");
    check("b = '1'", "b = '<int>'");
    check("a=False", "a=<bool>");
    check("a=Falsehood", "a=Falsehood");
}

#[test]
fn a_long_text_is_cut_and_no_character_is_split() {
    let long = "é".repeat(100_000);
    assert_eq!(parameterise(&long).len(), 8 << 10);
    assert_eq!(parameterise("é1é 2 é3"), "é1é <int> é3");
}

proptest::proptest! {
    /// Neither a panic nor a time that grows with the square of the length.
    #[test]
    fn whatever_comes_it_ends(text in "(\\PC|[0-9a-f:.@= '\"-]){0,300}") {
        let once = parameterise(&text).into_owned();
        proptest::prop_assert!(once.len() <= text.len() * 16);
    }
}
