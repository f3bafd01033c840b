//! What the name of a key says about its value.

use super::words::{
    ends, goes_on, is_about, is_foreign_password, is_link, is_public, opens_code, opens_cursor, opens_key, opens_word,
};

/// What a value is, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// Nothing is known; its form decides.
    Open,
    /// A secret, whatever it looks like.
    Secret,
    /// A secret if it is a text: numbers and flags are about a secret (`tokens: 17`), objects are looked into.
    SecretText,
    /// A secret if it is a text or has at least four digits: a PIN, not a count of pins.
    Pin,
    /// A link that is as good as a secret if a secret is in it (`password_reset_url`).
    Link,
    /// The project says it is none.
    Exempt,
}

/// The longest word that is looked at, in bytes; longer ones are cut.
const MAX_WORD: usize = 32;

/// A word of a name, in lower case.
#[derive(Clone, Copy)]
pub(super) struct Word {
    bytes: [u8; MAX_WORD],
    length: usize,
}

impl Word {
    pub(super) fn as_bytes(&self) -> &[u8] {
        &self.bytes[..self.length]
    }
}

/// The words of a name: split at whatever is neither letter nor digit, and before the capitals of `camelCase`.
pub(super) struct Words<'a> {
    rest: &'a [u8],
}

impl<'a> Words<'a> {
    pub(super) fn of(name: &'a str) -> Self {
        Self { rest: name.as_bytes() }
    }
}

impl Iterator for Words<'_> {
    type Item = Word;

    fn next(&mut self) -> Option<Word> {
        let is_inner = |byte: u8| byte.is_ascii_alphanumeric() || byte >= 0x80;
        let start = self.rest.iter().position(|&byte| is_inner(byte))?;
        let rest = &self.rest[start..];
        let mut end = 1;
        while end < rest.len() && is_inner(rest[end]) {
            let (before, byte, after) = (rest[end - 1], rest[end], rest.get(end + 1).copied().unwrap_or_default());
            // `apiKey` before the `K`, `APIKey` before the `K` too.
            let lower_to_upper = !before.is_ascii_uppercase() && byte.is_ascii_uppercase();
            let acronym_ends = before.is_ascii_uppercase() && byte.is_ascii_uppercase() && after.is_ascii_lowercase();
            if lower_to_upper || acronym_ends {
                break;
            }
            end += 1;
        }
        self.rest = &rest[end..];
        let mut word = Word { bytes: [0; MAX_WORD], length: end.min(MAX_WORD) };
        word.bytes[..word.length].copy_from_slice(&rest[..word.length]);
        word.bytes[..word.length].make_ascii_lowercase();
        Some(word)
    }
}

/// How much a word weighs.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Speaks of no secret.
    None,
    /// A secret unless what follows says otherwise.
    Strong,
    /// The same, but numbers under such a name are counts.
    StrongText,
    /// A secret only as the end of the name.
    Last,
    /// The same, of few digits.
    Pin,
    /// Half of a pair: `key` behind `api`.
    Key,
    /// Half of a pair: `card` behind `credit`.
    Card,
    /// Half of a pair: `number` behind `card`.
    Number,
    /// Half of a pair: `code` behind `recovery`.
    Code,
    /// The end of `motDePasse` and of other languages' two words for it.
    Passe,
    /// A key or a certificate.
    Pem,
}

/// What the value at `key` is.
pub(super) fn verdict(key: &str) -> Verdict {
    // Every assembly of .NET has one, and it is public.
    if key.len() >= 14 && ends(key.as_bytes(), &["PublicKeyToken"]) {
        return Verdict::Open;
    }
    let mut found = Verdict::Open;
    let mut named = false;
    let mut before = Word { bytes: [0; MAX_WORD], length: 0 };
    for word in Words::of(key) {
        let (text, previous) = (word.as_bytes(), before.as_bytes());
        let names = match weigh(text) {
            // What a person clicks.
            Weight::Strong if previous == b"forgot" => None,
            Weight::Strong => Some(Verdict::Secret),
            // A place in a list, or what a parser met.
            Weight::StrongText if opens_cursor(previous) => None,
            // A certificate is public.
            Weight::Pem if is_public(previous) => None,
            Weight::Pem => Some(Verdict::SecretText),
            Weight::StrongText | Weight::Last => Some(Verdict::SecretText),
            Weight::Pin => Some(Verdict::Pin),
            Weight::Code if opens_code(previous) => Some(Verdict::Secret),
            Weight::Passe if opens_word(previous, text) => Some(Verdict::Secret),
            Weight::Key if opens_key(previous) => Some(Verdict::Secret),
            Weight::Card if matches!(previous, b"credit" | b"debit") => Some(Verdict::Secret),
            Weight::Number if matches!(previous, b"card" | b"cc" | b"security") => Some(Verdict::Secret),
            Weight::Key | Weight::Card | Weight::Number | Weight::Code | Weight::Passe | Weight::None => None,
        };
        found = match names {
            // The heavier of two wins: a `secret token` is a secret.
            Some(Verdict::SecretText | Verdict::Pin) if found == Verdict::Secret => Verdict::Secret,
            Some(verdict) => verdict,
            // Who knows the address may post to it.
            None if is_link(text) && matches!(previous, b"webhook" | b"hook") => Verdict::Link,
            None if !named => Verdict::Open,
            None if is_link(text) => Verdict::Link,
            None if text == b"id" && previous == b"session" => found,
            None if is_about(text) => Verdict::Open,
            None if matches!(weigh(previous), Weight::Last | Weight::Pin) && !goes_on(text) => Verdict::Open,
            None => found,
        };
        named |= names.is_some();
        before = word;
    }
    found
}

fn weigh(word: &[u8]) -> Weight {
    // `apikey2`, `password1`.
    let word = match word.iter().rposition(|byte| !byte.is_ascii_digit()) {
        Some(last) => &word[..=last],
        None => return Weight::None,
    };
    match word {
        b"pwd" | b"psw" | b"pw" | b"cvv" | b"cvc" | b"csc" | b"ssn" | b"otp" | b"totp" | b"passcode"
        | b"creditcard" | b"credentials" | b"credential" | b"creds" | b"authorization" | b"ccnum" | b"kubeconfig"
        | b"mnemonic" | b"pgpass" => Weight::Strong,
        b"jwt" | b"bearer" | b"csrf" | b"xsrf" | b"tokens" | b"secrets" | b"passwords" => Weight::StrongText,
        b"auth" | b"oauth" | b"pass" | b"session" | b"sessid" | b"sid" | b"cookie" | b"cookies" | b"pat" | b"clave" => {
            Weight::Last
        }
        b"pin" | b"pincode" => Weight::Pin,
        b"key" | b"keys" => Weight::Key,
        b"card" => Weight::Card,
        b"number" | b"no" | b"num" => Weight::Number,
        b"code" | b"codes" | b"answer" | b"phrase" => Weight::Code,
        b"passe" | b"khau" | b"sandi" => Weight::Passe,
        b"pem" => Weight::Pem,
        _ if is_foreign_password(word) => Weight::Strong,
        _ if ["khẩu", "المرور", "عبور"].iter().any(|known| known.as_bytes() == word) => Weight::Passe,
        _ if word.len() < 5 => Weight::None,
        // Glued names: `dbpassword`, `csrfmiddlewaretoken`.
        _ if ends(
            word,
            &["password", "passwd", "passphrase", "apikey", "secretkey", "privatekey", "cardnumber", "pwd"],
        ) =>
        {
            Weight::Strong
        }
        _ if ends(word, &["passwort", "kennwort", "rootpw", "adminpw", "userpw", "dbpw", "motdepasse"]) => {
            Weight::Strong
        }
        _ if word.starts_with(b"password") || word.starts_with(b"passwd") => Weight::Strong,
        _ if ends(word, &["secret", "accesskey", "authkey"]) => Weight::Strong,
        _ if ends(word, &["token", "sessionid", "sessid"]) => Weight::StrongText,
        _ => Weight::None,
    }
}
