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
type Adapter = fn(&str, &[Option<&str>]) -> Option<bool>;

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
        let fields: Vec<Option<String>> = fields.map(decode).collect();
        let fields: Vec<Option<&str>> = fields.iter().map(Option::as_deref).collect();
        let verdict = match catch_unwind(|| adapter(group, &fields)) {
            Ok(None) => continue,
            Ok(Some(true)) => "yes",
            Ok(Some(false)) => "no",
            Err(_) => "crash\tpanic",
        };
        writeln!(stdout(), "{id}\t{verdict}").expect("standard output is writable");
    }
}

/// Flags stay the texts `true` and `false`.
fn decode(field: &str) -> Option<String> {
    match field {
        "true" | "false" => Some(field.to_owned()),
        "-" => None,
        _ => {
            let octets = BASE64_STANDARD.decode(&field[1..]).expect("a field is base64");
            Some(String::from_utf8(octets).expect("a field is UTF-8"))
        }
    }
}

fn pkce_core_accepts(group: &str, fields: &[Option<&str>]) -> Option<bool> {
    Some(match (group, fields) {
        ("verifiers", [Some(verifier)]) => CodeVerifier::parse(verifier).is_ok(),
        ("challenges", [Some(method), Some(challenge)]) => {
            CodeChallenge::parse(challenge, method.parse().ok()?).is_ok()
        }
        ("pairs", [Some(method), Some(verifier), Some(challenge)]) => {
            let challenge = CodeChallenge::parse(challenge, method.parse().ok()?);
            match (CodeVerifier::parse(verifier), challenge) {
                (Ok(verifier), Ok(challenge)) => challenge.verify(&verifier).is_ok(),
                _ => false,
            }
        }
        ("methods", [Some(method)]) => method.parse::<CodeChallengeMethod>().is_ok(),
        ("stored_challenges", [challenge, method]) => CodeChallenge::from_stored(*challenge, *method).is_ok(),
        ("authorization_requests", [require_pkce, allow_plain, challenge, method]) => {
            let policy = policy(*require_pkce, *allow_plain);
            policy.check_authorization_request(*challenge, *method).is_ok()
        }
        ("token_requests", [require_pkce, allow_plain, challenge, method, verifier]) => {
            let stored = CodeChallenge::from_stored(*challenge, *method).ok()?;
            let policy = policy(*require_pkce, *allow_plain);
            policy.check_token_request(stored.as_ref(), *verifier).is_ok()
        }
        _ => panic!("unknown group"),
    })
}

fn policy(require_pkce: Option<&str>, allow_plain: Option<&str>) -> LenientPolicy {
    let policy = ServerPolicy::new().allow_non_pkce();
    let policy = policy.require_pkce(require_pkce == Some("true"));
    match allow_plain {
        Some("true") => policy.allow_plain(),
        _ => policy,
    }
}

/// S256 only.
fn pkce_accepts(group: &str, fields: &[Option<&str>]) -> Option<bool> {
    match (group, fields) {
        ("pairs", [Some("S256"), Some(verifier), Some(challenge)]) => {
            Some(pkce::code_challenge(verifier.as_bytes()) == *challenge)
        }
        _ => None,
    }
}

/// It has no way to make a challenge from a string, so the texts are compared.
fn pkce_std_accepts(group: &str, fields: &[Option<&str>]) -> Option<bool> {
    match (group, fields) {
        ("verifiers", [Some(verifier)]) => Some(pkce_std::Verifier::borrowed(verifier).is_ok()),
        ("methods", [Some(method)]) => Some(method.parse::<pkce_std::Method>().is_ok()),
        ("pairs", [Some(method), Some(verifier), Some(challenge)]) => {
            let method: pkce_std::Method = method.parse().ok()?;
            let verifier = pkce_std::Verifier::borrowed(verifier);
            Some(verifier.is_ok_and(|verifier| verifier.challenge_using(method).secret() == *challenge))
        }
        _ => None,
    }
}

/// The derivation panics if the length is invalid.
fn oauth2_accepts(group: &str, fields: &[Option<&str>]) -> Option<bool> {
    match (group, fields) {
        ("pairs", [Some("S256"), Some(verifier), Some(challenge)]) => {
            let verifier = PkceCodeVerifier::new((*verifier).to_owned());
            Some(PkceCodeChallenge::from_code_verifier_sha256(&verifier).as_str() == *challenge)
        }
        _ => None,
    }
}

/// The method `plain` returns its verifier if it is well formed.
fn oauth2_types_accepts(group: &str, fields: &[Option<&str>]) -> Option<bool> {
    match (group, fields) {
        ("verifiers", [Some(verifier)]) => Some(PkceCodeChallengeMethod::Plain.compute_challenge(verifier).is_ok()),
        // Any string parses; one that is unknown fails when it is used.
        ("methods", [Some(method)]) => {
            let method: PkceCodeChallengeMethod = method.parse().ok()?;
            Some(method.compute_challenge(&"A".repeat(43)).is_ok())
        }
        ("pairs", [Some(method), Some(verifier), Some(challenge)]) => {
            let method: PkceCodeChallengeMethod = method.parse().ok()?;
            Some(method.verify(challenge, verifier).is_ok())
        }
        _ => None,
    }
}
