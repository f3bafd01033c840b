//! The cookies of the pages: one for the session, one for the sign-in form.

use http::header::COOKIE;
use http::{Extensions, HeaderMap};
use http_common::BaseUrl;
use model::id::{Key, KeyHash};

/// A cookie of the pages. Scripts cannot read them, and browsers do not send them with embeds or posts of other sites.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Cookie {
    /// The session of the signed-in visitor.
    Session,
    /// Ties the sign-in form to a browser, so that another site cannot sign a visitor in with its own key (login CSRF).
    SignIn,
}

/// The cookie attributes and names for the browser that sent a request.
#[derive(Clone, Copy, Debug)]
pub struct Cookies {
    is_https: bool,
}

impl Cookies {
    /// Reads from a request whether the browser uses TLS. If so, cookies are `Secure` and their names begin with
    /// `__Host-`, which no other host of the domain can set.
    pub fn from_request(headers: &HeaderMap, extensions: &Extensions) -> Self {
        Self { is_https: BaseUrl::from_request(headers, extensions).is_https() }
    }

    /// Returns the token that the browser sent in a cookie.
    pub fn find(self, cookie: Cookie, headers: &HeaderMap) -> Option<Key> {
        let wanted = self.name(cookie);
        let lists = headers.get_all(COOKIE).iter().filter_map(|value| value.to_str().ok());
        let mut pairs = lists.flat_map(|list| list.split(';')).filter_map(|pair| pair.trim().split_once('='));
        pairs.find(|(name, _)| *name == wanted).and_then(|(_, token)| Key::parse(token).ok())
    }

    /// Returns the `Set-Cookie` header that sets a cookie for `seconds`; 0 removes it.
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

/// Derives the CSRF token of forms from a cookie's token. Another site cannot know it, since only the browser has the
/// cookie. It is a hash, so it does not reveal the cookie.
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

    /// Over TLS a cookie with the plain name may come from another host of the domain, so it is ignored.
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
        assert!(set.starts_with("__Host-faultline-sign-in=;") && set.ends_with("; Secure"), "with --public-url: {set}");
    }
}
