//! Prints which lengths `rspotify` accepts, and whether it shows the verifier.

use rspotify::{AuthCodePkceSpotify, Credentials, OAuth};

fn report(name: &str, accepted: bool) {
    println!("{} {name}", if accepted { "accepted" } else { "refused" });
}

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

    login("verifier of 0 characters", Some(0));
    login("verifier of 42 characters", Some(42));
    login("verifier of 129 characters", Some(129));
    let mut client = client();
    client.get_authorize_url(None).unwrap();
    let shown = format!("{client:?}");
    let is_unreserved = |c: char| c.is_ascii_alphanumeric() || "-._~".contains(c);
    report(
        "Debug output that shows the verifier",
        shown.split(|c| !is_unreserved(c)).any(|word| word.len() >= 43),
    );
}
