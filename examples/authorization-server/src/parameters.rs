//! The parameters of a request, from its query or from its form body.

use axum::http::header::{CONTENT_TYPE, HeaderMap};
use url::form_urlencoded;
use zeroize::Zeroizing;

use crate::error::OAuthError;

/// All parameters, in order and with repetitions.
///
/// RFC 6749 forbids repeated parameters. A map would keep the first or the last value and hide the other, so that two
/// programs could read the same request differently. axum's `Form` and `Query` with a derived struct do refuse them, but
/// with a response in plain text; a client expects an OAuth error. `tests/axum_form.rs` shows how to map the one to the
/// other. The authorization endpoint needs more than that: to redirect with the error, it has to know the other parameters.
///
/// One of the values may be a `code_verifier`, so all are wiped when this is dropped, and there is no `Debug`. The HTTP
/// library's own buffers are out of reach.
pub struct Parameters(Vec<(String, Zeroizing<String>)>);

/// The parameter of this name is in the request more than once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Repeated(pub &'static str);

impl Parameters {
    pub fn parse(encoded: &[u8]) -> Self {
        let pairs = form_urlencoded::parse(encoded);
        Self(
            pairs
                .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
                .collect(),
        )
    }

    /// Parses a form body.
    pub fn from_form(headers: &HeaderMap, body: &[u8]) -> Result<Self, OAuthError> {
        if is_form(headers) {
            Ok(Self::parse(body))
        } else {
            Err(OAuthError::invalid_request(
                "Content-Type must be application/x-www-form-urlencoded",
            ))
        }
    }

    /// Returns the value of a parameter. An empty one counts as absent, and a repeated one is an error whatever its values
    /// are (RFC 6749 sections 3.1 and 3.2). Unknown parameters are ignored.
    pub fn get(&self, name: &'static str) -> Result<Option<&str>, Repeated> {
        let mut values = self
            .0
            .iter()
            .filter(|(n, _)| n == name)
            .map(|(_, value)| value.as_str());
        let value = values.next();
        match values.next() {
            Some(_) => Err(Repeated(name)),
            None => Ok(value.filter(|v| !v.is_empty())),
        }
    }
}

/// Compares the media type alone: a `;charset=UTF-8` may follow it.
fn is_form(headers: &HeaderMap) -> bool {
    let value = headers
        .get(CONTENT_TYPE)
        .and_then(|v| v.to_str().ok())
        .unwrap_or_default();
    let media_type = value.split(';').next().unwrap_or_default().trim();
    media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
}

#[cfg(test)]
mod tests {
    use axum::http::header::{CONTENT_TYPE, HeaderMap, HeaderValue};

    use super::{Parameters, Repeated, is_form};

    #[test]
    fn only_a_form_is_read() {
        for (content_type, expected) in [
            ("application/x-www-form-urlencoded", true),
            ("Application/X-WWW-Form-Urlencoded; charset=UTF-8", true),
            ("application/x-www-form-urlencoded2", false),
            ("application/json", false),
            ("text/plain", false),
            ("", false),
        ] {
            let headers = HeaderMap::from_iter([(CONTENT_TYPE, HeaderValue::from_static(content_type))]);
            assert_eq!(is_form(&headers), expected, "{content_type}");
        }
        assert!(!is_form(&HeaderMap::new()));
    }

    #[test]
    fn decodes_and_keeps_what_is_there() {
        let parameters = Parameters::parse(b"a=1+2%2b&empty=&name&x=%C3%A9&bad=%ff%zz");
        assert_eq!(parameters.get("a"), Ok(Some("1 2+")));
        assert_eq!(parameters.get("x"), Ok(Some("\u{e9}")));
        assert_eq!(parameters.get("bad"), Ok(Some("\u{fffd}%zz")));
        for omitted in ["empty", "name", "missing"] {
            assert_eq!(parameters.get(omitted), Ok(None));
        }
    }

    #[test]
    fn a_repeated_parameter_has_no_value() {
        for encoded in ["a=1&a=2", "a=1&b=2&a=1", "a=&a=1", "a=1&a=", "a&a", "a=1&%61=2"] {
            assert_eq!(
                Parameters::parse(encoded.as_bytes()).get("a"),
                Err(Repeated("a")),
                "{encoded}"
            );
        }
        // Names are case-sensitive, and a name in a value is none.
        assert_eq!(Parameters::parse(b"a=1&A=2&b=a%26a").get("a"), Ok(Some("1")));
    }
}
