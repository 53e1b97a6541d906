//! What this crate writes, it reads back, in every format that can write it.

use formats::Format::{self, *};
use formats::VERIFIER;
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{CodeChallenge, CodeVerifier};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

// What programs write and read: a session of a client, and a request and a row of a server.

#[derive(Serialize, Deserialize)]
struct Session {
    #[serde(with = "pkce_core::expose_secret")]
    verifier: CodeVerifier,
}

#[derive(Serialize, Deserialize)]
struct OptionalSession {
    #[serde(with = "pkce_core::expose_secret::option", default)]
    verifier: Option<CodeVerifier>,
}

#[derive(Serialize, Deserialize)]
struct Request {
    client_id: String,
    #[serde(flatten)]
    pkce: CodeChallenge,
    state: String,
}

#[derive(Debug, Serialize, Deserialize)]
struct Row {
    code: String,
    pkce: Option<CodeChallenge>,
}

fn challenges() -> [CodeChallenge; 2] {
    [(CHALLENGE, S256), (VERIFIER, Plain)].map(|(text, method)| CodeChallenge::parse(text, method).unwrap())
}

#[track_caller]
fn round_trip<T: Serialize + DeserializeOwned>(format: Format, value: &T) -> T {
    let written = format
        .write(value)
        .unwrap_or_else(|| panic!("{format:?} cannot write it"));
    format
        .read(&written)
        .unwrap_or_else(|error| panic!("{format:?}: {error}"))
}

fn all_except(excluded: &[Format]) -> impl Iterator<Item = Format> {
    Format::ALL.into_iter().filter(|format| !excluded.contains(format))
}

#[test]
fn methods() {
    // The document of these is a map or a table of rows.
    for format in all_except(&[Form, QueryString, Toml, TomlTable, Csv]) {
        for method in [S256, Plain] {
            assert_eq!(round_trip(format, &method), method, "{format:?}");
        }
    }
}

#[test]
fn challenges_alone() {
    for format in all_except(&[Format::Plain]) {
        for challenge in challenges() {
            assert_eq!(round_trip(format, &challenge), challenge, "{format:?}");
        }
    }
}

#[test]
fn challenges_in_rows() {
    // No nesting in these. TOML and XML have no null: the field is absent.
    for format in all_except(&[Form, Csv, Format::Plain]) {
        for pkce in challenges().map(Some).into_iter().chain([None]) {
            let row = Row {
                code: "c".to_owned(),
                pkce,
            };
            if format == Xml && row.pkce.is_none() {
                continue; // quick-xml writes an empty element for `None`, and reads it as `Some`.
            }
            assert_eq!(round_trip(format, &row).pkce, row.pkce, "{format:?}");
        }
    }
}

#[test]
fn challenges_flattened() {
    // The first four cannot write it. serde's buffer of flattened fields has a map where XML has an element with text.
    for format in all_except(&[Postcard, Bincode, Csv, Format::Plain, Xml]) {
        for pkce in challenges() {
            let request = Request {
                client_id: "app".to_owned(),
                pkce,
                state: "af0ifjsldkj".to_owned(),
            };
            let read = round_trip(format, &request);
            assert_eq!(
                (read.client_id, read.pkce, read.state),
                (request.client_id, request.pkce, request.state),
                "{format:?}"
            );
        }
    }
}

#[test]
fn verifiers() {
    for format in all_except(&[Format::Plain]) {
        // Digits, which some formats would take for a number if they were asked for any type.
        for text in [
            VERIFIER.to_owned(),
            "7".repeat(43),
            format!("1e{}", "0".repeat(41)),
            "~".repeat(128),
        ] {
            let session = Session {
                verifier: text.parse().unwrap(),
            };
            assert_eq!(
                round_trip(format, &session).verifier.expose_secret(),
                text,
                "{format:?}"
            );
        }
    }
}

#[test]
fn optional_verifiers() {
    for format in all_except(&[Format::Plain]) {
        let session = OptionalSession {
            verifier: Some(VERIFIER.parse().unwrap()),
        };
        let read = round_trip(format, &session).verifier.unwrap();
        assert_eq!(read.expose_secret(), VERIFIER, "{format:?}");
        if format == Xml || format == Csv {
            continue; // No null.
        }
        assert!(
            round_trip(format, &OptionalSession { verifier: None })
                .verifier
                .is_none(),
            "{format:?}"
        );
    }
}

#[test]
fn unquoted_digits_are_text() {
    let digits = "7".repeat(43);
    for (format, document) in [
        (Yaml, format!("verifier: {digits}\n")),
        (Csv, format!("verifier\n{digits}\n")),
        (Xml, format!("<session><verifier>{digits}</verifier></session>")),
    ] {
        let read = format.read::<Session>(document.as_bytes());
        assert!(
            read.is_ok_and(|session| session.verifier.expose_secret() == digits),
            "{document}"
        );
    }
}

#[test]
fn forms_with_half_a_challenge_are_refused() {
    for format in [Form, QueryString] {
        for query in [
            String::new(),
            format!("&code_challenge={CHALLENGE}"),
            "&code_challenge_method=S256".to_owned(),
            format!("&code_challenge={CHALLENGE}&code_challenge_method="),
            format!("&code_challenge={CHALLENGE}&code_challenge_method=s256"),
            format!("&code_challenge={CHALLENGE}%3D&code_challenge_method=S256"),
            format!("&code_challenge={CHALLENGE}&code_challenge={CHALLENGE}&code_challenge_method=S256"),
        ] {
            let query = format!("client_id=app&state=x{query}");
            assert!(format.read::<Request>(query.as_bytes()).is_err(), "{format:?} {query}");
        }
    }
}
