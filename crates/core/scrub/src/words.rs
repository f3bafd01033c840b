//! Lists of words that names are made of.

/// The word for a password in other languages, with and without its accents.
pub(super) fn is_foreign_password(word: &[u8]) -> bool {
    const BEYOND_ASCII: [&str; 22] = [
        "סיסמה",
        "סיסמא",
        "पासवर्ड",
        "parolă",
        "รหัสผ่าน",
        "contraseña",
        "hasło",
        "jelszó",
        "lösenord",
        "şifre",
        "slaptažodis",
        "пароль",
        "Пароль",
        "ПАРОЛЬ",
        "парола",
        "κωδικός",
        "密码",
        "密碼",
        "口令",
        "パスワード",
        "비밀번호",
        "암호",
    ];
    match word {
        b"passwort" | b"kennwort" | b"mdp" | b"contrasena" | b"contrasenya" | b"contrasenha" | b"senha"
        | b"palavrapasse" | b"parola" | b"haslo" | b"heslo" | b"jelszo" | b"losenord" | b"wachtwoord" | b"salasana"
        | b"adgangskode" | b"passord" | b"sifre" | b"lozinka" | b"geslo" | b"parool" | b"matkhau" | b"katasandi" => {
            true
        }
        _ => !word.is_ascii() && BEYOND_ASCII.iter().any(|known| known.as_bytes() == word),
    }
}

/// Whether two words together are one for a password: `mot de passe`, `kata sandi`, `mật khẩu`.
pub(super) fn opens_word(first: &[u8], second: &[u8]) -> bool {
    const PAIRS: [(&str, &str); 6] =
        [("de", "passe"), ("kata", "sandi"), ("mat", "khau"), ("mật", "khẩu"), ("كلمة", "المرور"), ("رمز", "عبور")];
    PAIRS.iter().any(|(one, two)| one.as_bytes() == first && two.as_bytes() == second)
}

/// Whether a `token` behind this word is a place in a list of results, or a parser's.
pub(super) fn opens_cursor(word: &[u8]) -> bool {
    matches!(
        word,
        b"next" | b"prev" | b"previous" | b"page" | b"pagination" | b"continuation" | b"unexpected" | b"expected"
    )
}

/// Whether a `code` behind this word opens a door once.
pub(super) fn opens_code(word: &[u8]) -> bool {
    matches!(
        word,
        b"mfa"
            | b"2fa"
            | b"tfa"
            | b"verification"
            | b"security"
            | b"sms"
            | b"recovery"
            | b"backup"
            | b"confirmation"
            | b"activation"
            | b"reset"
            | b"authorization"
            | b"login"
            | b"seed"
            | b"secret"
            | b"pairing"
            | b"invite"
            | b"device"
            | b"scratch"
    )
}

pub(super) fn ends(word: &[u8], endings: &[&str]) -> bool {
    endings.iter().any(|ending| word.ends_with(ending.as_bytes()))
}

/// Whether a `key` behind this word is a secret.
pub(super) fn opens_key(word: &[u8]) -> bool {
    matches!(
        word,
        b"api"
            | b"app"
            | b"access"
            | b"account"
            | b"admin"
            | b"auth"
            | b"client"
            | b"encryption"
            | b"license"
            | b"private"
            | b"secret"
            | b"service"
            | b"session"
            | b"shared"
            | b"signing"
            | b"ssh"
            | b"subscription"
            | b"hmac"
            | b"aes"
            | b"stripe"
            | b"sendgrid"
            | b"mailgun"
            | b"twilio"
            | b"openai"
            | b"anthropic"
            | b"webhook"
            | b"recovery"
            | b"master"
            | b"deploy"
    )
}

/// Words behind a secret's that make the name speak of the secret, not hold it.
pub(super) fn is_about(word: &[u8]) -> bool {
    matches!(
        word,
        b"age"
            | b"algo"
            | b"algorithm"
            | b"at"
            | b"attempt"
            | b"attempts"
            | b"backend"
            | b"budget"
            | b"changed"
            | b"class"
            | b"consent"
            | b"count"
            | b"counts"
            | b"created"
            | b"date"
            | b"domain"
            | b"duration"
            | b"enabled"
            | b"error"
            | b"errors"
            | b"exists"
            | b"expired"
            | b"expires"
            | b"expiration"
            | b"expiry"
            | b"failed"
            | b"failures"
            | b"field"
            | b"format"
            | b"id"
            | b"ids"
            | b"in"
            | b"index"
            | b"is"
            | b"issuer"
            | b"kind"
            | b"label"
            | b"len"
            | b"length"
            | b"level"
            | b"limit"
            | b"location"
            | b"max"
            | b"method"
            | b"min"
            | b"missing"
            | b"mode"
            | b"module"
            | b"name"
            | b"names"
            | b"ok"
            | b"path"
            | b"policy"
            | b"position"
            | b"present"
            | b"prefix"
            | b"provider"
            | b"ratio"
            | b"rate"
            | b"required"
            | b"requirements"
            | b"reset"
            | b"rotation"
            | b"rules"
            | b"scheme"
            | b"scope"
            | b"scopes"
            | b"service"
            | b"set"
            | b"size"
            | b"source"
            | b"state"
            | b"status"
            | b"store"
            | b"strength"
            | b"suffix"
            | b"sent"
            | b"time"
            | b"timeout"
            | b"total"
            | b"ttl"
            | b"type"
            | b"types"
            | b"updated"
            | b"usage"
            | b"used"
            | b"user"
            | b"username"
            | b"valid"
            | b"validator"
            | b"validators"
            | b"verified"
            | b"version"
            | b"hint"
            | b"placeholder"
            | b"table"
            | b"column"
            | b"columns"
            | b"handler"
            | b"view"
            | b"controller"
            | b"middleware"
            | b"form"
    )
}

/// Words behind one that names a secret only at the end, with which it still does.
pub(super) fn goes_on(word: &[u8]) -> bool {
    matches!(word, b"code" | b"header" | b"new" | b"old" | b"raw" | b"string" | b"text" | b"value")
        || word.iter().all(u8::is_ascii_digit)
}

/// Words before `pem` that name a public certificate.
pub(super) fn is_public(word: &[u8]) -> bool {
    matches!(word, b"ca" | b"cert" | b"certificate" | b"certs" | b"chain" | b"csr" | b"public" | b"root")
}

/// Words that make a link of what is before them.
pub(super) fn is_link(word: &[u8]) -> bool {
    matches!(word, b"url" | b"uri" | b"link" | b"href" | b"endpoint")
}
