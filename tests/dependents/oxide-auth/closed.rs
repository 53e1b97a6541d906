//! Prints which requests `oxide-auth` accepts.

use std::borrow::Cow;

use oxide_auth::code_grant::extensions::Pkce;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

fn report(name: &str, accepted: bool) {
    println!("{} {name}", if accepted { "accepted" } else { "refused" });
}

fn plain(mut pkce: Pkce) -> Pkce {
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
    let s256 = Some("S256");
    exchange("valid S256 exchange", required(), Some(CHALLENGE), s256, Some(VERIFIER));
    exchange(
        "valid plain exchange",
        plain(required()),
        Some(VERIFIER),
        Some("plain"),
        Some(VERIFIER),
    );
    exchange(
        "valid plain exchange without a method",
        plain(required()),
        Some(VERIFIER),
        None,
        Some(VERIFIER),
    );
    exchange(
        "valid S256 exchange, optional",
        optional(),
        Some(CHALLENGE),
        s256,
        Some(VERIFIER),
    );
    exchange("valid exchange without PKCE, optional", optional(), None, None, None);

    authorize("required: empty challenge", required(), Some(""), s256);
    authorize(
        "required: challenge of 42 characters",
        required(),
        Some(&CHALLENGE[1..]),
        s256,
    );
    authorize(
        "required: padded challenge",
        required(),
        Some(&format!("{CHALLENGE}=")),
        s256,
    );
    authorize(
        "required: hexadecimal challenge",
        required(),
        Some(&"0123456789abcdef".repeat(4)),
        s256,
    );
    authorize(
        "required: challenge with a plus sign",
        required(),
        Some(&CHALLENGE.replace('-', "+")),
        s256,
    );
    authorize(
        "required: challenge of 1 MB",
        required(),
        Some(&"a".repeat(1 << 20)),
        s256,
    );
    authorize("optional: method without a challenge", optional(), None, s256);
    exchange(
        "plain: empty challenge, empty verifier",
        plain(required()),
        Some(""),
        Some("plain"),
        Some(""),
    );
    exchange(
        "plain: challenge and verifier of 1 character",
        plain(required()),
        Some("a"),
        None,
        Some("a"),
    );
    exchange(
        "S256: empty verifier",
        required(),
        Some("47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU"),
        s256,
        Some(""),
    );
    exchange(
        "optional: verifier without a challenge",
        optional(),
        None,
        None,
        Some(VERIFIER),
    );
}
