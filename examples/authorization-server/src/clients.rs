//! The registered clients: their redirect URIs, and whether they must use PKCE.

use pkce_core::LenientPolicy;
use url::Url;

/// One registration, `ID=REDIRECT_URI` on the command line.
#[derive(Clone, Debug)]
pub struct Registration {
    id: String,
    redirect_uri: String,
}

pub struct Client {
    pub id: String,
    redirect_uris: Vec<String>,
    /// Whether PKCE is required comes from the registration, so that no request can choose it.
    pub policy: LenientPolicy,
}

#[derive(Default)]
pub struct Clients(Vec<Client>);

impl std::str::FromStr for Registration {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (id, redirect_uri) = text.split_once('=').ok_or("must be ID=REDIRECT_URI")?;
        // RFC 6749 appendix A.1: printable ASCII.
        if id.is_empty() || !id.bytes().all(|b| matches!(b, b' '..=b'~')) {
            return Err("the client id must consist of printable ASCII characters".to_owned());
        }
        let url = Url::parse(redirect_uri).map_err(|e| format!("redirect URI: {e}"))?;
        if url.fragment().is_some() || !redirect_uri.bytes().all(|b| b.is_ascii_graphic()) {
            return Err("the redirect URI must consist of ASCII characters, without a fragment".to_owned());
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

impl Clients {
    /// A client with several redirect URIs is registered several times.
    pub fn register(&mut self, registration: &Registration, policy: LenientPolicy) -> Result<(), String> {
        let Registration { id, redirect_uri } = registration.clone();
        match self.0.iter_mut().find(|c| c.id == id) {
            Some(client) if client.policy != policy => {
                return Err(format!("{id} is registered both with and without PKCE"));
            }
            Some(client) => client.redirect_uris.push(redirect_uri),
            None => self.0.push(Client {
                id,
                redirect_uris: vec![redirect_uri],
                policy,
            }),
        }
        Ok(())
    }

    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    pub fn iter(&self) -> impl Iterator<Item = &Client> {
        self.0.iter()
    }

    pub fn find(&self, id: &str) -> Option<&Client> {
        self.iter().find(|c| c.id == id)
    }
}

impl Client {
    /// Returns where the response goes, or why there is no such place. A redirect URI may be left out only if exactly one
    /// is registered and it is complete (RFC 6749 section 3.1.2.3).
    pub fn redirect_uri<'a>(&'a self, sent: Option<&'a str>) -> Result<&'a str, &'static str> {
        match (sent, &self.redirect_uris[..]) {
            (Some(sent), registered) if registered.iter().any(|r| matches(r, sent)) => Ok(sent),
            (Some(_), _) => Err("This redirect_uri is not registered for the client"),
            (None, [only]) if without_port(only).is_none() => Ok(only),
            (None, _) => Err("The request has no redirect_uri"),
        }
    }
}

/// Compares character by character (RFC 9700 section 4.1.3). Only the port of a loopback address may differ, since a
/// native app gets whichever is free (RFC 8252 section 7.3).
fn matches(registered: &str, sent: &str) -> bool {
    registered == sent
        || match (without_port(registered), without_port(sent)) {
            (Some(registered), Some(sent)) => registered == sent,
            _ => false,
        }
}

/// Returns the host and what follows the port, if the host is a loopback address. What is between them must be a port: in
/// `http://127.0.0.1:1@elsewhere.example/` it is a password.
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
    use pkce_core::{LenientPolicy, ServerPolicy};

    use super::{Clients, Registration, matches};

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

    const LENIENT: LenientPolicy = ServerPolicy::new().allow_non_pkce();
    const STRICT: LenientPolicy = LENIENT.require_pkce(true);

    fn clients(registrations: &[&str]) -> Clients {
        let mut clients = Clients::default();
        for text in registrations {
            let registration = text.parse().expect("a registration");
            clients.register(&registration, STRICT).expect("registered");
        }
        clients
    }

    #[test]
    fn a_redirect_uri_may_be_left_out_only_if_there_is_no_choice() {
        let clients = clients(&[
            "one=https://app.example/cb",
            "two=https://a.example/",
            "two=https://b.example/",
            "native=http://127.0.0.1/cb",
        ]);
        let redirect_uri = |id, sent| clients.find(id).expect("a client").redirect_uri(sent);
        assert_eq!(redirect_uri("one", None), Ok("https://app.example/cb"));
        assert_eq!(
            redirect_uri("two", Some("https://b.example/")),
            Ok("https://b.example/")
        );
        assert!(redirect_uri("one", Some("https://b.example/")).is_err());
        for id in ["two", "native"] {
            assert!(redirect_uri(id, None).is_err(), "{id}");
        }
        for id in ["unknown", "", "ONE"] {
            assert!(clients.find(id).is_none(), "{id}");
        }
    }

    #[test]
    fn a_client_has_one_policy() {
        let mut clients = clients(&["app=https://app.example/cb"]);
        let again = "app=https://app.example/2".parse().expect("a registration");
        assert!(clients.register(&again, LENIENT).is_err());
        assert!(clients.register(&again, STRICT).is_ok());
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
            assert!(text.parse::<Registration>().is_err(), "{text}");
        }
        assert!("app=com.example.app:/cb?x=y".parse::<Registration>().is_ok());
    }
}
