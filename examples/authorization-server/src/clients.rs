//! The clients that are registered, with their redirect URIs.

use url::Url;

/// One registration, `ID=REDIRECT_URI` on the command line. A client with several redirect URIs has several.
#[derive(Clone, Debug)]
pub struct Client {
    pub id: String,
    pub redirect_uri: String,
}

impl std::str::FromStr for Client {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, redirect_uri) = text.split_once('=').ok_or("must be ID=REDIRECT_URI")?;
        // RFC 6749 appendix A.1: printable ASCII.
        if id.is_empty() || !id.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err("the client id must be of printable ASCII characters".to_owned());
        }
        let url = Url::parse(redirect_uri).map_err(|e| format!("redirect URI: {e}"))?;
        if url.fragment().is_some() || !redirect_uri.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("the redirect URI must be of ASCII characters, without a fragment".to_owned());
        }
        if ["javascript", "data", "vbscript"].contains(&url.scheme()) {
            return Err("the redirect URI must not be a script".to_owned());
        }
        Ok(Self {
            id: id.to_owned(),
            redirect_uri: redirect_uri.to_owned(),
        })
    }
}

/// Where the answer goes, or why there is no such place. A redirect URI may be left out only if exactly one is
/// registered, with nothing left open in it (RFC 6749 section 3.1.2.3).
pub fn redirect_uri<'a>(clients: &'a [Client], id: &str, sent: Option<&'a str>) -> Result<&'a str, &'static str> {
    let mut registered = clients
        .iter()
        .filter(|c| c.id == id)
        .map(|c| c.redirect_uri.as_str())
        .peekable();
    if registered.peek().is_none() {
        return Err("no client with this client_id is registered");
    }
    if let Some(sent) = sent {
        let known = registered.any(|uri| matches(uri, sent));
        return if known {
            Ok(sent)
        } else {
            Err("this redirect_uri is not registered for the client")
        };
    }
    match (registered.next(), registered.next()) {
        (Some(only), None) if without_port(only).is_none() => Ok(only),
        _ => Err("redirect_uri is missing"),
    }
}

/// Character by character (RFC 9700 section 4.1.3). Only the port of a loopback address may differ, since a native app
/// gets whichever is free (RFC 8252 section 7.3).
fn matches(registered: &str, sent: &str) -> bool {
    registered == sent
        || match (without_port(registered), without_port(sent)) {
            (Some(registered), Some(sent)) => registered == sent,
            _ => false,
        }
}

/// The host and what follows the port, if it is a loopback one. What is between them must be a port and nothing else:
/// in `http://127.0.0.1:1@elsewhere.example/` it is a password.
fn without_port(uri: &str) -> Option<(&str, &str)> {
    let host = ["http://127.0.0.1", "http://[::1]"]
        .into_iter()
        .find(|host| uri.starts_with(host))?;
    let rest = &uri[host.len()..];
    let (port, path) = rest.split_at(rest.find(['/', '?']).unwrap_or(rest.len()));
    let digits = match port.strip_prefix(':') {
        Some(digits) => digits,
        None if port.is_empty() => return Some((host, path)),
        None => return None,
    };
    let is_port = digits.bytes().all(|b| b.is_ascii_digit()) && digits.parse::<u16>().is_ok_and(|n| n != 0);
    is_port.then_some((host, path))
}

#[cfg(test)]
mod tests {
    use super::{Client, matches, redirect_uri};

    #[test]
    fn a_loopback_port_is_free_and_nothing_else() {
        let registered = "http://127.0.0.1/callback";
        for sent in [
            "http://127.0.0.1/callback",
            "http://127.0.0.1:1/callback",
            "http://127.0.0.1:65535/callback",
        ] {
            assert!(matches(registered, sent), "{sent}");
        }
        for sent in [
            "http://127.0.0.1:0/callback",
            "http://127.0.0.1:65536/callback",
            "http://127.0.0.1:+80/callback",
            "http://127.0.0.1:/callback",
            "http://127.0.0.1:80/callback/",
            "http://127.0.0.1:80/callback?x=1",
            "http://127.0.0.1:80/callback#x",
            "http://127.0.0.1:80@elsewhere.example/callback",
            "http://127.0.0.1:80\\@elsewhere.example/callback",
            "http://127.0.0.1.elsewhere.example/callback",
            "http://127.0.0.2/callback",
            "http://localhost/callback",
            "http://[::1]/callback",
            "https://127.0.0.1/callback",
            "HTTP://127.0.0.1/callback",
            "",
        ] {
            assert!(!matches(registered, sent), "{sent}");
        }
        assert!(matches("http://[::1]:9/", "http://[::1]:10/"));
        assert!(matches("https://app.example:1/cb", "https://app.example:1/cb"));
        assert!(!matches("https://app.example:1/cb", "https://app.example:2/cb"));
    }

    #[test]
    fn a_redirect_uri_may_be_left_out_only_if_there_is_no_choice() {
        let clients = [
            "one=https://app.example/cb",
            "two=https://a.example/",
            "two=https://b.example/",
        ];
        let mut clients: Vec<Client> = clients.iter().map(|c| c.parse().expect("a client")).collect();
        clients.push("native=http://127.0.0.1/cb".parse().expect("a client"));
        assert_eq!(redirect_uri(&clients, "one", None), Ok("https://app.example/cb"));
        assert_eq!(
            redirect_uri(&clients, "two", Some("https://b.example/")),
            Ok("https://b.example/")
        );
        assert!(redirect_uri(&clients, "one", Some("https://b.example/")).is_err());
        for id in ["two", "native", "unknown", ""] {
            assert!(redirect_uri(&clients, id, None).is_err(), "{id}");
        }
    }

    #[test]
    fn a_registration_is_checked() {
        for text in [
            "app",
            "=https://a.example/",
            "app=",
            "app=/cb",
            "app=https://a.example/#x",
            "app=javascript:x",
        ] {
            assert!(text.parse::<Client>().is_err(), "{text}");
        }
        assert!("app=com.example.app:/cb?x=y".parse::<Client>().is_ok());
    }
}
