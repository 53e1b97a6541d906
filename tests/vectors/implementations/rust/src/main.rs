//! Runs the test vectors through this crate and other Rust implementations of PKCE.
//!
//! `vectors-adapter NAME` reads cases on standard input and writes one line per verdict; see `table.py`.

use std::io::{BufRead, Write, stdin, stdout};
use std::panic::{self, catch_unwind};

use base64::Engine;
use base64::prelude::BASE64_STANDARD;
use mas_iana::oauth::PkceCodeChallengeMethod;
use oauth2::{PkceCodeChallenge, PkceCodeVerifier};
use oauth2_types::pkce::CodeChallengeMethodExt;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, LenientPolicy, ServerPolicy};

/// Returns whether the implementation accepts the input, or `None` if it has no function for it.
type Adapter = fn(&str, &[Field]) -> Option<bool>;

enum Field {
    Flag(bool),
    Text(Option<String>),
}

fn main() {
    let name = std::env::args().nth(1).unwrap_or_default();
    let adapter: Adapter = match name.as_str() {
        "pkce-core" => pkce_core_accepts,
        "pkce" => pkce_accepts,
        "pkce-std" => pkce_std_accepts,
        "oauth2" => oauth2_accepts,
        "oauth2-types" => oauth2_types_accepts,
        _ => panic!("unknown implementation"),
    };
    panic::set_hook(Box::new(|_| {}));
    for line in stdin().lock().lines() {
        let line = line.expect("standard input is readable");
        let mut fields = line.split('\t');
        let (id, group) = (fields.next().unwrap_or_default(), fields.next().unwrap_or_default());
        let fields: Vec<Field> = fields.map(decode).collect();
        let verdict = match catch_unwind(|| adapter(group, &fields)) {
            Ok(None) => continue,
            Ok(Some(true)) => "yes",
            Ok(Some(false)) => "no",
            Err(_) => "crash\tpanic",
        };
        writeln!(stdout(), "{id}\t{verdict}").expect("standard output is writable");
    }
}

fn decode(field: &str) -> Field {
    match field {
        "true" => Field::Flag(true),
        "false" => Field::Flag(false),
        "-" => Field::Text(None),
        _ => {
            let octets = BASE64_STANDARD.decode(&field[1..]).expect("a field is base64");
            Field::Text(Some(String::from_utf8(octets).expect("a field is UTF-8")))
        }
    }
}

fn pkce_core_accepts(group: &str, fields: &[Field]) -> Option<bool> {
    use Field::{Flag, Text};
    Some(match (group, fields) {
        ("verifiers", [Text(Some(verifier))]) => CodeVerifier::parse(verifier).is_ok(),
        ("challenges", [Text(Some(method)), Text(Some(challenge))]) => {
            CodeChallenge::parse(challenge, method.parse().ok()?).is_ok()
        }
        ("pairs", [Text(Some(method)), Text(Some(verifier)), Text(Some(challenge))]) => {
            match (
                CodeVerifier::parse(verifier),
                CodeChallenge::parse(challenge, method.parse().ok()?),
            ) {
                (Ok(verifier), Ok(challenge)) => challenge.verify(&verifier).is_ok(),
                _ => false,
            }
        }
        ("methods", [Text(Some(method))]) => method.parse::<CodeChallengeMethod>().is_ok(),
        ("stored_challenges", [Text(challenge), Text(method)]) => {
            CodeChallenge::from_stored(challenge.as_deref(), method.as_deref()).is_ok()
        }
        ("authorization_requests", [Flag(require_pkce), Flag(allow_plain), Text(challenge), Text(method)]) => {
            let policy = policy(*require_pkce, *allow_plain);
            let checked = policy.check_authorization_request(challenge.as_deref(), method.as_deref());
            checked.is_ok()
        }
        (
            "token_requests",
            [
                Flag(require_pkce),
                Flag(allow_plain),
                Text(challenge),
                Text(method),
                Text(verifier),
            ],
        ) => {
            let stored = CodeChallenge::from_stored(challenge.as_deref(), method.as_deref()).ok()?;
            let policy = policy(*require_pkce, *allow_plain);
            policy.check_token_request(stored.as_ref(), verifier.as_deref()).is_ok()
        }
        _ => panic!("unknown group"),
    })
}

fn policy(require_pkce: bool, allow_plain: bool) -> LenientPolicy {
    let policy = ServerPolicy::new().allow_non_pkce().require_pkce(require_pkce);
    if allow_plain { policy.allow_plain() } else { policy }
}

/// The inputs of a pair.
fn pair<'a>(group: &str, fields: &'a [Field]) -> Option<[&'a str; 3]> {
    match fields {
        [
            Field::Text(Some(method)),
            Field::Text(Some(verifier)),
            Field::Text(Some(challenge)),
        ] if group == "pairs" => Some([method, verifier, challenge]),
        _ => None,
    }
}

fn single(fields: &[Field]) -> Option<&str> {
    match fields {
        [Field::Text(Some(text))] => Some(text),
        _ => None,
    }
}

/// S256 only.
fn pkce_accepts(group: &str, fields: &[Field]) -> Option<bool> {
    let [method, verifier, challenge] = pair(group, fields)?;
    (method == "S256").then(|| pkce::code_challenge(verifier.as_bytes()) == challenge)
}

/// It has no way to make a challenge from a string, so the texts are compared.
fn pkce_std_accepts(group: &str, fields: &[Field]) -> Option<bool> {
    match group {
        "verifiers" => Some(pkce_std::Verifier::borrowed(single(fields)?).is_ok()),
        "methods" => Some(single(fields)?.parse::<pkce_std::Method>().is_ok()),
        _ => {
            let [method, verifier, challenge] = pair(group, fields)?;
            let method: pkce_std::Method = method.parse().ok()?;
            let verifier = pkce_std::Verifier::borrowed(verifier);
            Some(verifier.is_ok_and(|verifier| verifier.challenge_using(method).secret() == challenge))
        }
    }
}

/// The derivation panics if the length is invalid.
fn oauth2_accepts(group: &str, fields: &[Field]) -> Option<bool> {
    let [method, verifier, challenge] = pair(group, fields)?;
    let verifier = PkceCodeVerifier::new(verifier.to_owned());
    (method == "S256").then(|| PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str() == challenge)
}

/// The method `plain` returns its verifier if it is well formed.
fn oauth2_types_accepts(group: &str, fields: &[Field]) -> Option<bool> {
    match group {
        "verifiers" => Some(
            PkceCodeChallengeMethod::Plain
                .compute_challenge(single(fields)?)
                .is_ok(),
        ),
        // Any string parses; one that is unknown fails when it is used.
        "methods" => {
            let method: PkceCodeChallengeMethod = single(fields)?.parse().ok()?;
            Some(method.compute_challenge(&"A".repeat(43)).is_ok())
        }
        _ => {
            let [method, verifier, challenge] = pair(group, fields)?;
            let method: PkceCodeChallengeMethod = method.parse().ok()?;
            Some(method.verify(challenge, verifier).is_ok())
        }
    }
}
