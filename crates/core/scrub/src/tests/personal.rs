//! Personal data, which is replaced only if a project's rules say so.

use super::super::text::{self, Style};
use super::super::{Compiled, Personal, Rules};
use super::clean;

/// Each kind of personal data is replaced with its option, and stays without it.
#[test]
fn personal_data_is_replaced_if_the_project_asks() {
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
        assert_eq!(text::scrub(&scrubbed, Style::Text, &rules), None, "scrubbing twice changes nothing");
        assert_eq!(clean(text, Style::Text), text, "without the option");
    }
}
