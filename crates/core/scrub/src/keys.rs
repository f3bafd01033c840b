//! Decides by the name of a key whether its value is a secret.

use super::words::{
    ends, goes_on, is_about, is_foreign_password, is_link, is_public, opens_code, opens_cursor, opens_key, opens_word,
};

/// The verdict on a value, by its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verdict {
    /// The name says nothing. The form of the value decides.
    Open,
    /// A secret, whatever the value looks like.
    Secret,
    /// A secret if it is a string. Numbers and flags are facts about a secret (`tokens: 17`), and objects are searched.
    SecretText,
    /// A secret if it is a string or has at least four digits: a PIN, not a count of pins.
    Pin,
    /// A link that may contain a secret (`password_reset_url`): the tokens in it are secrets.
    Link,
    /// Not a secret, by the project's rules.
    Exempt,
}

/// The longest word that is compared, in bytes. Longer words are cut.
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

/// Iterates over the words of a name. It is split at all characters that are not letters or digits, and before the
/// capitals of `camelCase`.
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
            // `apiKey` and `APIKey` are both split before the `K`.
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

/// How strongly a word suggests a secret.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Weight {
    /// Not related to secrets.
    None,
    /// Names a secret, unless a later word says otherwise.
    Strong,
    /// Like `Strong`, but numbers under such a name are counts.
    StrongText,
    /// Names a secret only at the end of a name.
    Last,
    /// Like `Last`, for a secret of a few digits.
    Pin,
    /// The second word of a pair: `key` after `api`.
    Key,
    /// The second word of a pair: `card` after `credit`.
    Card,
    /// The second word of a pair: `number` after `card`.
    Number,
    /// The second word of a pair: `code` after `recovery`.
    Code,
    /// The last word for "password" in languages that use two words, such as `motDePasse`.
    Passe,
    /// A key or a certificate in PEM format.
    Pem,
}

/// Returns the verdict on the value at `key`.
pub(super) fn verdict(key: &str) -> Verdict {
    // Every assembly of .NET has a public key token, and it is public.
    if key.len() >= 14 && ends(key.as_bytes(), &["PublicKeyToken"]) {
        return Verdict::Open;
    }
    let mut found = Verdict::Open;
    let mut named = false;
    let mut before = Word { bytes: [0; MAX_WORD], length: 0 };
    for word in Words::of(key) {
        let (text, previous) = (word.as_bytes(), before.as_bytes());
        let names = match weigh(text) {
            // A link for people who forgot their password.
            Weight::Strong if previous == b"forgot" => None,
            Weight::Strong => Some(Verdict::Secret),
            // A position in a list, or a token of a parser.
            Weight::StrongText if opens_cursor(previous) => None,
            // Certificates are public.
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
            // The stronger of two verdicts wins: a `secret token` is a secret.
            Some(Verdict::SecretText | Verdict::Pin) if found == Verdict::Secret => Verdict::Secret,
            Some(verdict) => verdict,
            // Anyone who knows the address of a webhook can post to it.
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
    // Digits at the end are ignored: `apikey2`, `password1`.
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
        // Words that are written together: `dbpassword`, `csrfmiddlewaretoken`.
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
