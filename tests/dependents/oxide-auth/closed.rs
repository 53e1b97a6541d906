//! Prints which requests `oxide-auth` accepts.

use std::borrow::Cow;

use oxide_auth::code_grant::extensions::Pkce;

fn any_method() -> Pkce {
    let mut pkce = Pkce::required();
    pkce.allow_plain();
    pkce
}

/// An authorization request alone.
fn authorize(name: &str, pkce: Pkce, challenge: Option<&str>, method: Option<&str>) {
    let stored = pkce.challenge(method.map(Cow::Borrowed), challenge.map(Cow::Borrowed));
    report(name, stored.is_ok());
}

/// Both requests: accepted if tokens are issued.
fn exchange(name: &str, pkce: Pkce, challenge: Option<&str>, method: Option<&str>, verifier: Option<&str>) {
    let accepted = pkce
        .challenge(method.map(Cow::Borrowed), challenge.map(Cow::Borrowed))
        .and_then(|stored| pkce.verify(stored, verifier.map(Cow::Borrowed)));
    report(name, accepted.is_ok());
}

fn main() {
    let (required, optional) = (Pkce::required, Pkce::optional);
    let (s256, plain) = (Some("S256"), Some("plain"));
    let (verifier, challenge) = (Some(VERIFIER), Some(CHALLENGE));
    let (empty, of_empty, one) = (Some(""), Some(CHALLENGE_OF_EMPTY), Some("a"));
    for (name, pkce, challenge, method, verifier) in [
        ("valid S256 exchange", required(), challenge, s256, verifier),
        ("valid plain exchange", any_method(), verifier, plain, verifier),
        ("valid exchange, no method", any_method(), verifier, None, verifier),
        ("valid optional exchange", optional(), challenge, s256, verifier),
        ("valid exchange without PKCE", optional(), None, None, None),
        ("verifier without a challenge", optional(), None, None, verifier),
        ("plain exchange of nothing", any_method(), empty, plain, empty),
        ("plain exchange of 1 character", any_method(), one, None, one),
        ("S256: empty verifier", required(), of_empty, s256, empty),
    ] {
        exchange(name, pkce, challenge, method, verifier);
    }
    authorize("method without a challenge", optional(), None, s256);
    authorize("challenge of 1 MB", required(), Some(&"a".repeat(1 << 20)), s256);
    for (name, challenge) in MALFORMED {
        authorize(&format!("challenge {name}"), required(), Some(challenge), s256);
    }
}
