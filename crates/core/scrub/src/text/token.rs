//! Secrets that are recognised by their form: tokens of services, password hashes, private keys.

use std::ops::Range;

use super::{cut, look, run};

/// The prefixes of tokens of well-known services that begin with the byte `first`, and the fewest characters that
/// follow each.
const fn prefixes(first: u8) -> &'static [(&'static str, usize)] {
    match first {
        b'A' => &[
            ("AKIA", 16),
            ("ASIA", 16),
            ("ABIA", 16),
            ("AIza", 30),
            ("AGE-SECRET-KEY-1", 40),
            ("APP_USR-", 30),
            ("ATATT3", 40),
            ("ATCTT3", 40),
            ("ATBB", 28),
            ("AKCp", 60),
        ],
        b'C' => &[("CFPAT-", 30), ("CCIPAT_", 30)],
        b'E' => &[("EAACEdEose0cBA", 10), ("EAA", 50), ("EZAK", 50), ("EZTK", 50)],
        b'H' => &[("HRKU-", 30)],
        b'N' => &[("NRAK-", 24), ("NRII-", 24), ("NRAL-", 24)],
        b'G' => &[("GOCSPX-", 20)],
        b'P' => &[("PMAK-", 40)],
        b'S' => &[("SG.", 20), ("SWMTKN-1-", 30)],
        b'a' => &[("amzn.mws.", 30), ("amzn1.oa2-cs.", 40), ("access_token$production$", 20)],
        b'b' => &[("bkua_", 30)],
        b'd' => &[
            ("dt0c01.", 60),
            ("dop_v1_", 32),
            ("doo_v1_", 32),
            ("dor_v1_", 32),
            ("dckr_pat_", 20),
            ("dckr_oat_", 20),
            ("dp.pt.", 30),
            ("dp.st.", 30),
            ("dapi", 32),
        ],
        b'f' => &[("figd_", 30), ("fo1_", 30), ("fm1r_", 30), ("fm2_", 30)],
        b'g' => &[
            ("gho_", 30),
            ("ghp_", 30),
            ("ghr_", 30),
            ("ghs_", 30),
            ("ghu_", 30),
            ("github_pat_", 20),
            ("glpat-", 16),
            ("glrt-", 16),
            ("glrtr-", 16),
            ("glcbt-", 16),
            ("gldt-", 16),
            ("glptt-", 16),
            ("glft-", 16),
            ("glsoat-", 16),
            ("glimt-", 16),
            ("glagent-", 16),
            ("gloas-", 16),
            ("glffct-", 16),
            ("glsa_", 32),
            ("glc_", 32),
            ("gsk_", 40),
        ],
        b'h' => &[("hvs.", 20), ("hvb.", 20), ("hvr.", 20), ("hf_", 30)],
        b'k' => &[("key-", 32)],
        b'l' => &[("lin_api_", 30), ("lin_oauth_", 30), ("lsv2_pt_", 30), ("lsv2_sk_", 30)],
        b'o' => &[("ops_eyJ", 60)],
        b'n' => &[("napi_", 40), ("npm_", 30), ("ntn_", 40), ("nfp_", 30), ("nvapi-", 40)],
        b'p' => &[
            ("pat-na1-", 30),
            ("pat-eu1-", 30),
            ("pnu_", 30),
            ("pypi-", 30),
            ("phx_", 30),
            ("pul-", 40),
            ("pplx-", 40),
            ("pscale_tkn_", 30),
            ("pscale_pw_", 30),
            ("pscale_oauth_", 30),
        ],
        b'r' => &[
            ("rdme_", 60),
            ("re_", 30),
            ("rpa_", 40),
            ("rk_live_", 16),
            ("rk_test_", 16),
            ("rubygems_", 40),
            ("r8_", 30),
        ],
        b's' => &[
            ("shpat_", 24),
            ("shpss_", 24),
            ("shpca_", 24),
            ("shppa_", 24),
            ("sk-ant-", 20),
            ("sk-proj-", 20),
            ("sk-svcacct-", 20),
            ("sk-or-", 20),
            ("sk-admin-", 20),
            ("sk-lf-", 30),
            ("sk.eyJ", 30),
            ("sb_secret_", 20),
            ("sqp_", 40),
            ("squ_", 40),
            ("sqa_", 40),
            ("sk-", 32),
            ("sk_live_", 16),
            ("sk_test_", 16),
            ("sntrys_", 20),
            ("sntryu_", 20),
            ("sq0atp-", 20),
            ("sq0csp-", 30),
            ("sbp_", 36),
            ("sgp_", 36),
            ("secret_", 40),
        ],
        b't' => &[("tfp_", 40), ("tskey-", 20), ("tvly-", 20)],
        b'v' => &[("vcp_", 24), ("vercel_", 20)],
        b'w' => &[("whsec_", 16)],
        b'x' => &[
            ("xapp-", 16),
            ("xoxa-", 16),
            ("xoxb-", 16),
            ("xoxc-", 16),
            ("xoxd-", 16),
            ("xoxe-", 16),
            ("xoxe.", 16),
            ("xoxo-", 16),
            ("xoxp-", 16),
            ("xoxr-", 16),
            ("xoxs-", 16),
            ("xai-", 60),
            ("xkeysib-", 60),
            ("xsmtpsib-", 60),
        ],
        b'y' => &[("ya29.", 20), ("y0_", 40)],
        _ => &[],
    }
}

/// Addresses that are secrets themselves: anyone who knows them can post.
const HOOKS: [&str; 8] = [
    "hooks.slack.com/services/",
    "hooks.slack.com/workflows/",
    "discord.com/api/webhooks/",
    "discordapp.com/api/webhooks/",
    "outlook.office.com/webhook/",
    "webhook.office.com/webhookb2/",
    "hooks.zapier.com/hooks/catch/",
    "maker.ifttt.com/trigger/",
];

/// Finds a token at the start of a word: of a known service, a JSON web token, credentials after `Bearer` or `Basic`,
/// or a webhook.
pub(super) fn find(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = cut(text, at..);
    let first = text.as_bytes()[at];
    let found = match first {
        b'e' if rest.starts_with("eyJ") => return jwt(rest).map(|length| at..at + length),
        b'B' | b'b' => return scheme(rest).map(|(start, end)| at + start..at + end),
        b'M' | b'N' | b'O' => discord(rest).map(|length| at..at + length),
        b'S' if rest.starts_with("SSHA") || rest.starts_with("SMD5") || rest.starts_with("SHA}") => ldap_hash(text, at),
        b'p' if rest.starts_with("pat") && rest.as_bytes().get(17) == Some(&b'.') => {
            exactly(rest, 18, 64, |byte| byte.is_ascii_hexdigit()).map(|end| at..at + end)
        }
        b'S' if rest.starts_with("SK") => exactly(rest, 2, 32, |byte| byte.is_ascii_hexdigit()).map(|end| at..at + end),
        b's' if rest.starts_with("s.") => exactly(rest, 2, 24, |byte| byte.is_ascii_alphanumeric())
            .filter(|end| is_random(cut(rest, 2..*end)))
            .map(|end| at..at + end),
        b'p' | b's' if rest.starts_with("pi_") || rest.starts_with("seti_") => {
            client_secret(rest).map(|end| at..at + end)
        }
        b'r' | b'v' if rest.starts_with("reset") || rest.starts_with("verify") => {
            return super::url::path_token(text, at);
        }
        b'm' | b'a' | b'p'
            if rest.starts_with("magic") || rest.starts_with("activate") || rest.starts_with("password") =>
        {
            return super::url::path_token(text, at);
        }
        b'h' | b'd' | b'o' | b'm' | b'w' | b'p' | b'c' => hook(rest).map(|(start, end)| at + start..at + end),
        _ => None,
    };
    found.or_else(|| known(rest).map(|length| at..at + length))
}

/// For each byte that can begin a word in which [`find`] or the search for SQL finds something: a bit set of the
/// possible second bytes, by their lowest six bits.
pub(super) const OPENS: [u64; 256] = {
    let mut opens = [0u64; 256];
    let mut first = 0;
    while first < 256 {
        let known = prefixes(first as u8);
        let mut index = 0;
        while index < known.len() {
            opens[first] |= 1 << (known[index].0.as_bytes()[1] & 63);
            index += 1;
        }
        first += 1;
    }
    let mut index = 0;
    while index < HOOKS.len() {
        let bytes = HOOKS[index].as_bytes();
        opens[bytes[0] as usize] |= 1 << (bytes[1] & 63);
        index += 1;
    }
    // JSON web tokens, HTTP authentication schemes, `VALUES`, Vault, Twilio, Stripe.
    let others = [
        *b"ey", *b"be", *b"bE", *b"Be", *b"BE", *b"ba", *b"bA", *b"Ba", *b"BA", *b"va", *b"Va", *b"VA", *b"s.", *b"SK",
        *b"pi", *b"se", *b"pa", *b"SS", *b"SM", *b"SH", // Links with which a password is reset.
        *b"re", *b"ve", *b"ma", *b"ac",
    ];
    let mut index = 0;
    while index < others.len() {
        opens[others[index][0] as usize] |= 1 << (others[index][1] & 63);
        index += 1;
    }
    // Tokens of Discord begin with a number in base64.
    opens[b'M' as usize] = u64::MAX;
    opens[b'N' as usize] = u64::MAX;
    opens[b'O' as usize] = u64::MAX;
    opens
};

/// Returns whether a word that begins with these two bytes may be a token. Only few can.
pub(super) const fn may_begin(first: u8, second: u8) -> bool {
    OPENS[first as usize] >> (second & 63) & 1 == 1
}

fn known(rest: &str) -> Option<usize> {
    // The second byte excludes most words.
    let bytes = rest.as_bytes();
    let second = bytes.get(1)?;
    let begins = |prefix: &str| prefix.as_bytes()[1] == *second && rest.starts_with(prefix);
    let (prefix, least) = prefixes(bytes[0]).iter().find(|(prefix, _)| begins(prefix))?;
    let length = run(cut(rest, prefix.len()..), |byte| is_inner(byte) || byte == b'$' && prefix.ends_with('$'));
    let mixed = cut(rest, prefix.len()..prefix.len() + length)
        .bytes()
        .any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase());
    (length >= *least && mixed).then_some(prefix.len() + length)
}

/// Returns whether a byte can be part of a token.
pub(super) fn is_inner(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.')
}

/// Returns the end of a token with exactly `count` characters after its `prefix`.
fn exactly(rest: &str, prefix: usize, count: usize, wanted: impl Fn(u8) -> bool) -> Option<usize> {
    let length = rest.as_bytes()[prefix..].iter().take(count + 1).take_while(|&&byte| wanted(byte)).count();
    let end = prefix + length;
    let ends =
        rest.as_bytes().get(end).is_none_or(|&byte| !byte.is_ascii_alphanumeric() && !matches!(byte, b'_' | b'('));
    (length == count && ends).then_some(end)
}

/// Returns whether a word contains lower-case and upper-case letters and digits.
fn is_random(word: &str) -> bool {
    let any = |wanted: fn(&u8) -> bool| word.as_bytes().iter().any(wanted);
    any(u8::is_ascii_digit) && any(u8::is_ascii_uppercase) && any(u8::is_ascii_lowercase)
}

/// Returns the length of a bot token of Discord: an id in base64, a time and a signature.
fn discord(rest: &str) -> Option<usize> {
    let inner = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
    let id = look(rest, 0, 40);
    let id = run(id, inner);
    let time = run(look(rest.get(id + 1..)?, 0, 10), inner);
    let signature = id + time + 2;
    if !(23..=28).contains(&id)
        || rest.as_bytes()[id] != b'.'
        || time != 6
        || rest.as_bytes().get(signature - 1) != Some(&b'.')
    {
        return None;
    }
    let length = run(cut(rest, signature..), inner);
    (length >= 27).then_some(signature + length)
}

/// Returns the length of `pi_…_secret_…`, with which anyone can confirm a payment at Stripe.
fn client_secret(rest: &str) -> Option<usize> {
    let id = run(look(rest, 0, 80), |byte| byte.is_ascii_alphanumeric() || byte == b'_');
    cut(rest, ..id).contains("_secret_").then(|| run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_'))
}

/// Returns the range of the secret part of a webhook's address.
fn hook(rest: &str) -> Option<(usize, usize)> {
    let hook = HOOKS.iter().find(|hook| rest.starts_with(*hook))?;
    let length = run(cut(rest, hook.len()..), |byte| is_inner(byte) || matches!(byte, b'/' | b'@'));
    (length > 8).then_some((hook.len(), hook.len() + length))
}

/// Finds the secret part of a webhook at a subdomain of a known host (`ptb.discord.com`). The host begins at `start`.
pub(super) fn hook_within(text: &str, start: usize) -> Option<Range<usize>> {
    let host = run(look(text, start, 80), is_inner);
    let known = HOOKS.iter().find_map(|hook| {
        let (name, path) = hook.split_once('/')?;
        let label = cut(text, start..start + host).strip_suffix(name)?;
        (label.ends_with('.') && cut(text, start + host + 1..).starts_with(path)).then_some(label.len())
    })?;
    let (from, to) = hook(cut(text, start + known..))?;
    Some(start + known + from..start + known + to)
}

/// Finds a password hash, `$2y$10$…`, `$argon2id$…`, `$6$…`, which can be attacked offline.
pub(super) fn password_hash(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = cut(text, at + 1..);
    let (kind, salted) = look(rest, 0, 24).split_once('$')?;
    let is_kind = matches!(
        kind,
        "1" | "5" | "6" | "y" | "7" | "2" | "2a" | "2b" | "2x" | "2y" | "apr1" | "P" | "H" | "scrypt" | "sha1"
    ) || kind.starts_with("argon2")
        || kind.starts_with("pbkdf2");
    let inner = |byte: u8| {
        byte.is_ascii_alphanumeric() || matches!(byte, b'$' | b'.' | b'/' | b'+' | b'=' | b',' | b'-' | b'_')
    };
    if is_kind && !salted.is_empty() {
        let length = run(rest, inner);
        let hash = cut(rest, ..length).trim_end_matches([',', '.']);
        return (hash.len() >= kind.len() + 17).then(|| at..at + 1 + hash.len());
    }
    // Django: `pbkdf2_sha256$260000$salt$hash`, Werkzeug: `scrypt:32768:8:1$salt$hash`.
    let name = super::look_back(text, at, 32);
    let name = super::tail(name, |byte| super::is_word(byte) || byte == b':');
    let is_name = ["pbkdf2_sha", "pbkdf2:", "bcrypt", "argon2", "scrypt"].iter().any(|kind| name.starts_with(kind));
    let length = if is_name { run(rest, inner) } else { 0 };
    (length >= 20).then(|| at - name.len()..at + 1 + length)
}
/// Finds `{SSHA}…`, a password hash of an LDAP directory, from the `S` on.
fn ldap_hash(text: &str, at: usize) -> Option<Range<usize>> {
    let near = look(text, at, 12);
    let start = at + near.find('}')? + 1;
    let is_kind = cut(text, ..at).ends_with('{');
    let length = run(cut(text, start..), |byte| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'/' | b'='));
    (is_kind && length >= 20).then(|| start..start + length)
}

/// Returns the length of a JSON web token: parts of base64, the first of which begins a JSON object.
fn jwt(rest: &str) -> Option<usize> {
    let inner = run(rest, is_inner);
    let length = inner + run(look(rest, inner, 2), |byte| byte == b'=');
    let parts = cut(rest, ..length).split('.').filter(|part| part.len() >= 8).count();
    (parts >= 2 && length >= 32).then_some(length)
}

/// Returns the range of the credentials after an HTTP authentication scheme, unless the words are prose.
fn scheme(rest: &str) -> Option<(usize, usize)> {
    let name = ["bearer", "basic"]
        .iter()
        .find(|name| rest.get(..name.len()).is_some_and(|word| word.eq_ignore_ascii_case(name)))?;
    let after = cut(rest, name.len()..);
    let gap = run(after, |byte| matches!(byte, b' ' | b'+' | b'\t')).max(if after.starts_with("%20") { 3 } else { 0 });
    if gap == 0 {
        return None;
    }
    let start = name.len() + gap;
    let is_credential = |byte: u8| is_inner(byte) || matches!(byte, b'=' | b'/' | b'+' | b'~');
    // The beginning decides, since a `+` may be within and before it.
    let near = cut(rest, start..).bytes().take(64).take_while(|&byte| is_credential(byte)).count();
    let token = cut(rest, start..start + near);
    // `basic authentication`, `bearer token`: words in prose have no digits, and no capitals inside.
    let is_mixed = token.bytes().skip(1).any(|byte| byte.is_ascii_digit() || byte.is_ascii_uppercase() || byte == b'=');
    let is_long = near >= 24 && token.bytes().all(|byte| byte.is_ascii_alphabetic());
    (near >= 8 && is_mixed || is_long).then(|| (start, start + run(cut(rest, start..), is_credential)))
}

/// Finds a private key in PEM format, up to its end or the end of the text.
pub(super) fn private_key(text: &str, at: usize) -> Option<Range<usize>> {
    let rest = cut(text, at..).strip_prefix("-----BEGIN ")?;
    let near = look(rest, 0, 48);
    let line = cut(near, ..near.find("-----")?);
    if line.len() > 40 || !line.contains("PRIVATE KEY") {
        return None;
    }
    let start = at + "-----BEGIN ".len() + line.len() + "-----".len();
    let end = super::find_from(text, start, "-----END").unwrap_or(text.len());
    (end > start).then_some(start..end)
}
