//! The cookies of the pages: who is signed in, and who is about to.

use http::header::COOKIE;
use http::{Extensions, HeaderMap};
use http_common::BaseUrl;
use model::id::{Key, KeyHash};

/// A cookie of the pages. None is for scripts, and none is sent with what other sites embed or post.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// Stands for the key of whoever is signed in.
    Session,
    /// Ties the form for signing in to a browser: another site cannot sign somebody in to an account of its own.
    SignIn,
}

/// How a browser that sent a request keeps cookies.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    is_https: bool,
}

impl Cookies {
    /// Of the browser behind the request with these parts. Reached by TLS, cookies are `Secure` and have names that begin
    /// with `__Host-`, which no other host of the domain can set.
    pub fn from_request(headers: &HeaderMap, extensions: &Extensions) -> Self {
        Self { is_https: BaseUrl::from_request(headers, extensions).is_https() }
    }

    /// The token that the browser shows in a cookie.
    pub fn find(self, cookie: Cookie, headers: &HeaderMap) -> Option<Key> {
        let wanted = self.name(cookie);
        let lists = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == wanted).and_then(|(_, token)| Key::parse(token).ok())
    }

    /// The header that sets a cookie for so many seconds; for none, removes it.
    pub fn set(self, cookie: Cookie, token: &str, seconds: i64) -> String {
        let (name, secure) = (self.name(cookie), if self.is_https { "; Secure" } else { "" });
        format!("{name}={token}; Path=/; HttpOnly; SameSite=Lax; Max-Age={seconds}{secure}")
    }

    fn name(self, cookie: Cookie) -> &'static str {
        match (cookie, self.is_https) {
            (Cookie::Session, false) => "faultline-session",
            (Cookie::Session, true) => "__Host-faultline-session",
            (Cookie::SignIn, false) => "faultline-sign-in",
            (Cookie::SignIn, true) => "__Host-faultline-sign-in",
        }
    }
}

/// What a form brings back of a cookie's token. Another site cannot know it, since it is made of the cookie, which only the
/// browser has; and it says nothing of the cookie.
pub fn form_hash(token: &Key) -> KeyHash {
    let of_form = Key::parse(&format!("form-of-{}", token.reveal()));
    of_form.map_or_else(|_| token.hash(), |key| key.hash())
}

#[cfg(test)]
mod tests {
    use http::HeaderValue;

    use super::*;

    fn headers(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        pairs.iter().map(|(name, value)| (name.parse().unwrap(), HeaderValue::from_static(value))).collect()
    }

    #[test]
    fn a_cookie_is_found_among_others() {
        let found = |cookies: &'static str| {
            let headers = headers(&[("cookie", cookies)]);
            let cookies = Cookies::from_request(&headers, &Extensions::new());
            cookies.find(Cookie::Session, &headers).map(|token| token.reveal().to_owned())
        };
        assert_eq!(found("a=b; faultline-session=abc; c=d").as_deref(), Some("abc"));
        assert_eq!(found("not-faultline-session=abc; __Host-faultline-session=d"), None);
        assert_eq!(found("faultline-session="), None);
    }

    /// By TLS a cookie of the plain name may be another host's of the domain: it is not taken.
    #[test]
    fn cookies_are_secure_wherever_the_browser_uses_tls() {
        for (scheme, is_https) in [
            (Some("https"), true),
            (Some("HTTPS"), true),
            (Some("https,http"), true),
            (Some("https, http"), true),
            (Some("http,https"), false),
            (Some("http"), false),
            (None, false),
        ] {
            let mut headers = headers(&[("cookie", "faultline-session=plain; __Host-faultline-session=host")]);
            if let Some(scheme) = scheme {
                headers.insert("x-forwarded-proto", HeaderValue::from_static(scheme));
            }
            let cookies = Cookies::from_request(&headers, &Extensions::new());
            let set = cookies.set(Cookie::Session, "abc", 60);
            assert_eq!(set.starts_with("__Host-") && set.ends_with("; Secure"), is_https, "{scheme:?}: {set}");
            assert!(set.contains("; Path=/; HttpOnly; SameSite=Lax; Max-Age=60"), "{set}");
            let expected = if is_https { "host" } else { "plain" };
            assert_eq!(cookies.find(Cookie::Session, &headers).unwrap().reveal(), expected);
        }
        let mut extensions = Extensions::new();
        extensions.insert::<BaseUrl>("https://errors.example".parse().unwrap());
        let set = Cookies::from_request(&HeaderMap::new(), &extensions).set(Cookie::SignIn, "", 0);
        assert!(set.starts_with("__Host-faultline-sign-in=;") && set.ends_with("; Secure"), "by --public-url: {set}");
    }
}
