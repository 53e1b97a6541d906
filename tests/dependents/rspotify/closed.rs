//! Prints which lengths `rspotify` accepts, and whether it shows the verifier.

use rspotify::{AuthCodePkceSpotify, Credentials, OAuth};

fn client() -> AuthCodePkceSpotify {
    AuthCodePkceSpotify::new(Credentials::new_pkce("app"), OAuth::default())
}

fn login(name: &str, length: Option<usize>) {
    let accepted = std::panic::catch_unwind(|| client().get_authorize_url(length).is_ok());
    report(name, accepted.unwrap_or(false));
}

fn main() {
    std::panic::set_hook(Box::new(|_| {}));
    login("valid default length", None);
    login("valid length 43", Some(43));
    login("valid length 100", Some(100));
    login("valid length 128", Some(128));

    for length in WRONG_LENGTHS {
        login(&format!("verifier of {length} characters"), Some(length));
    }
    let mut client = client();
    client.get_authorize_url(None).unwrap();
    let shown = format!("{client:?}");
    let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    report(
        "Debug output that shows the verifier",
        shown.split(|c| !is_unreserved(c)).any(|word| word.len() >= 43),
    );
}
