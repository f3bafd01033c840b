//! Words that names consist of.

/// Returns whether this is the word for a password in another language, with or without accents.
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

/// Returns whether two words together mean a password: `mot de passe`, `kata sandi`, `mật khẩu`.
pub(super) fn opens_word(first: &[u8], second: &[u8]) -> bool {
    const PAIRS: [(&str, &str); 6] =
        [("de", "passe"), ("kata", "sandi"), ("mat", "khau"), ("mật", "khẩu"), ("كلمة", "المرور"), ("رمز", "عبور")];
    PAIRS.iter().any(|(one, two)| one.as_bytes() == first && two.as_bytes() == second)
}

/// Returns whether `token` after this word is a position in a list of results, or a token of a parser.
pub(super) fn opens_cursor(word: &[u8]) -> bool {
    matches!(
        word,
        b"next" | b"prev" | b"previous" | b"page" | b"pagination" | b"continuation" | b"unexpected" | b"expected"
    )
}

/// Returns whether `code` after this word is a code that gives access once.
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

/// Returns whether `key` after this word is a secret.
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

/// Returns whether a name with this word after that of a secret only describes the secret, and does not hold it.
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

/// Returns whether a name may continue with this word after one that means a secret only at the end.
pub(super) fn goes_on(word: &[u8]) -> bool {
    matches!(word, b"code" | b"header" | b"new" | b"old" | b"raw" | b"string" | b"text" | b"value")
        || word.iter().all(u8::is_ascii_digit)
}

/// Returns whether `pem` after this word is a public certificate.
pub(super) fn is_public(word: &[u8]) -> bool {
    matches!(word, b"ca" | b"cert" | b"certificate" | b"certs" | b"chain" | b"csr" | b"public" | b"root")
}

/// Returns whether this word turns the words before it into the name of a link.
pub(super) fn is_link(word: &[u8]) -> bool {
    matches!(word, b"url" | b"uri" | b"link" | b"href" | b"endpoint")
}
