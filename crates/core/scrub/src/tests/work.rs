//! The work of scrubbing a text.

use super::super::text::{self, Style};
use super::super::{Compiled, Personal, Rules};
use super::clean;

/// Characters and names at which the scanners stop, and texts that make them search far.
const PIECES: [&str; 75] = [
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
    "s:8:\"password\";s:9:\"",
    "password IN ('",
    "PASSWORD('",
    "= '",
    "/reset/a1-",
    "SSN 1",
    "password: [\"is ",
    "password=x<",
    "{SSHA}a",
    "\"password\":\"a\":private]",
    "password: |\n  a\n",
    "the api key: ",
    "password \"a1",
];

/// No text makes the scanners pass over it again and again: a text of twice the size takes at most twice the work. Work
/// is counted in bytes passed over, for texts made of any two pieces in turn.
#[test]
fn the_work_is_linear_in_the_text() {
    let rules = Compiled::of(&Rules { personal: Personal::ALL.to_vec(), ..Rules::default() });
    let work = |text: &str, style: Style| {
        text::work::take();
        let _ = text::scrub(text, style, &rules);
        text::work::take()
    };
    let mut slow = Vec::new();
    for style in [Style::Text, Style::Code] {
        for (index, first) in PIECES.iter().enumerate() {
            // Fewer forms are searched in source code.
            let step = if style == Style::Code { 5 } else { 1 };
            for second in PIECES[index..].iter().step_by(step) {
                let piece = format!("{first}{second}");
                let text = piece.repeat(2_400 / piece.len());
                let (once, twice) = (work(&text, style), work(&text.repeat(2), style));
                if twice > once * 5 / 2 + 2_000 || twice > text.len() * 2 * 250 {
                    slow.push(format!("{piece:?} in {style:?}: {once} and {twice} bytes of {}", text.len()));
                }
            }
        }
    }
    assert!(slow.is_empty(), "{} texts:\n{}", slow.len(), slow.join("\n"));
}

/// The scrubber finishes with a text at the limit as with any other.
#[test]
fn a_hostile_text_of_a_quarter_of_a_megabyte_is_scrubbed() {
    for piece in ["token:", "password='{", "\\\"", "'token': [", "a.b@"] {
        let text = piece.repeat((1 << 18) / piece.len());
        let _ = (clean(&text, Style::Text), clean(&text, Style::Code));
        let _ = grouping::parameterise(&text);
    }
}
