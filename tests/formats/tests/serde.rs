//! Feature `serde`: the wire's own texts go out, and what comes in is checked by the same rules as everywhere else, by
//! whatever way the format hands it over.

use std::collections::BTreeMap;
use std::fmt::Debug;

use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError, ParseVerifierError,
};
use serde::de::value::{Error as ValueError, MapDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use static_assertions::{assert_impl_all, assert_not_impl_any};

/// RFC 7636, Appendix B.
const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

#[derive(Serialize, Deserialize)]
struct Session {
    state: String,
    #[serde(with = "pkce_core::expose_secret")]
    verifier: CodeVerifier,
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

fn s256() -> CodeChallenge {
    CodeChallenge::parse(CHALLENGE, S256).unwrap()
}

fn plain() -> CodeChallenge {
    CodeChallenge::parse(VERIFIER, Plain).unwrap()
}

/// Through each of the ways in which a format hands text over: borrowed, read, owned, and as bytes with lengths.
fn every_way<T: DeserializeOwned>(value: &Value) -> [Result<T, String>; 4] {
    let text = value.to_string();
    let mut binary = Vec::new();
    ciborium::into_writer(value, &mut binary).unwrap();
    [
        serde_json::from_str(&text).map_err(|e| e.to_string()),
        serde_json::from_reader(text.as_bytes()).map_err(|e| e.to_string()),
        serde_json::from_value(value.clone()).map_err(|e| e.to_string()),
        ciborium::from_reader(binary.as_slice()).map_err(|e| e.to_string()),
    ]
}

/// Every way refuses it, says why, and does not repeat what it was given.
#[track_caller]
fn refused<T: DeserializeOwned>(value: &Value, why: &str) {
    for result in every_way::<T>(value) {
        let Err(error) = result else {
            panic!("not refused: {value}")
        };
        // ciborium refuses what has another type by itself, in words of its own.
        let of_ciborium = error.starts_with(r#"Semantic(None, "invalid type"#);
        assert!(error.contains(why) || of_ciborium, "{error}");
        assert!(
            !error.contains(&VERIFIER[..8]) && !error.contains(&CHALLENGE[..8]),
            "{error}"
        );
    }
}

#[test]
fn a_verifier_is_read_but_not_written_in_passing() {
    assert_impl_all!(CodeVerifier: Deserialize<'static>);
    assert_not_impl_any!(CodeVerifier: Serialize);
    assert_impl_all!(CodeChallenge: Serialize, Deserialize<'static>);
    assert_impl_all!(CodeChallengeMethod: Serialize, Deserialize<'static>);
}

#[test]
fn a_method_is_the_text_on_the_wire() {
    for (method, text) in [(S256, "S256"), (Plain, "plain")] {
        assert_eq!(serde_json::to_value(method).unwrap(), json!(text));
        for read in every_way::<CodeChallengeMethod>(&json!(text)) {
            assert_eq!(read.unwrap(), method);
        }
    }
    for text in ["s256", "PLAIN", "Plain", "S512", "", " S256", "S256\n"] {
        refused::<CodeChallengeMethod>(&json!(text), &ParseMethodError.to_string());
    }
    refused::<CodeChallengeMethod>(&Value::Null, "expected the text of a code_challenge_method");
}

#[test]
fn a_verifier_is_checked_by_every_way_in() {
    for text in [VERIFIER.to_owned(), "~".repeat(43), "a.-_~".repeat(25) + "end"] {
        for read in every_way::<CodeVerifier>(&json!(text)) {
            assert_eq!(read.unwrap().expose_secret(), text);
        }
    }
    for len in [0, 1, 42, 129, 4000] {
        refused::<CodeVerifier>(
            &json!("a".repeat(len)),
            &ParseVerifierError::InvalidLength { len }.to_string(),
        );
    }
    let bad_byte = ParseVerifierError::InvalidByte { index: 43 }.to_string();
    for end in ["=", "\n", "+", "/", "é", "\0"] {
        refused::<CodeVerifier>(&json!(format!("{VERIFIER}{end}")), &bad_byte);
    }
    refused::<CodeVerifier>(&json!([VERIFIER]), "expected the text of a code_verifier");
}

/// JSON's escapes cannot smuggle anything past the check, nor are they needed.
#[test]
fn escapes_are_undone_before_the_check() {
    let escaped = VERIFIER.replacen('d', "\\u0064", 1);
    let verifier: CodeVerifier = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
    assert_eq!(verifier.expose_secret(), VERIFIER);
}

#[test]
fn a_session_carries_the_verifier_where_it_asks_for_it_by_name() {
    let session = Session {
        state: "af0ifjsldkj".to_owned(),
        verifier: VERIFIER.parse().unwrap(),
    };
    let value = serde_json::to_value(&session).unwrap();
    assert_eq!(value, json!({"state": "af0ifjsldkj", "verifier": VERIFIER}));
    for read in every_way::<Session>(&value) {
        assert_eq!(read.unwrap().verifier.expose_secret(), VERIFIER);
    }
    refused::<Session>(&json!({"state": "", "verifier": "short"}), "length is 5 bytes");
}

#[test]
fn a_challenge_is_its_two_parameters() {
    for (challenge, text, method) in [(s256(), CHALLENGE, "S256"), (plain(), VERIFIER, "plain")] {
        let value = json!({"code_challenge": text, "code_challenge_method": method});
        assert_eq!(serde_json::to_value(&challenge).unwrap(), value);
        for read in every_way::<CodeChallenge>(&value) {
            assert_eq!(read.unwrap(), challenge);
        }
        let mut binary = Vec::new();
        ciborium::into_writer(&challenge, &mut binary).unwrap();
        assert_eq!(
            ciborium::from_reader::<CodeChallenge, _>(binary.as_slice()).unwrap(),
            challenge
        );
    }
}

/// Names may come in any order, with others between them; formats without names send the two in order.
#[test]
fn a_challenge_is_read_in_any_order_and_without_names() {
    for text in [
        format!(r#"{{"code_challenge_method":"S256","code_challenge":"{CHALLENGE}"}}"#),
        format!(r#"{{"a":[1,{{}}],"code_challenge":"{CHALLENGE}","b":null,"code_challenge_method":"S256","c":"x"}}"#),
        format!(r#"["{CHALLENGE}","S256"]"#),
    ] {
        assert_eq!(serde_json::from_str::<CodeChallenge>(&text).unwrap(), s256(), "{text}");
    }
    let numbered = MapDeserializer::<_, ValueError>::new([(1_u64, "S256"), (0, CHALLENGE), (2, "x")].into_iter());
    assert_eq!(CodeChallenge::deserialize(numbered).unwrap(), s256());
    let bytes = [
        (&b"code_challenge"[..], CHALLENGE),
        (b"code_challenge_method", "S256"),
        (b"else", ""),
    ];
    let named_in_bytes =
        bytes.map(|(name, value)| (serde::de::value::BytesDeserializer::<ValueError>::new(name), value));
    assert_eq!(
        CodeChallenge::deserialize(MapDeserializer::new(named_in_bytes.into_iter())).unwrap(),
        s256()
    );
}

#[test]
fn a_field_has_a_name_or_a_number() {
    let map = MapDeserializer::<_, ValueError>::new([(true, CHALLENGE)].into_iter());
    let error = CodeChallenge::deserialize(map).unwrap_err().to_string();
    assert_eq!(error, "invalid type: boolean `true`, expected the name of a field");
}

#[test]
fn half_a_challenge_is_an_error_and_never_plain() {
    refused::<CodeChallenge>(
        &json!({"code_challenge": CHALLENGE}),
        "missing field `code_challenge_method`",
    );
    refused::<CodeChallenge>(
        &json!({"code_challenge_method": "S256"}),
        "missing field `code_challenge`",
    );
    refused::<CodeChallenge>(&json!({}), "missing field `code_challenge`");
    refused::<CodeChallenge>(&json!([]), "missing field `code_challenge`");
    refused::<CodeChallenge>(&json!([CHALLENGE]), "missing field `code_challenge_method`");
    refused::<CodeChallenge>(
        &json!({"code_challenge": CHALLENGE, "code_challenge_method": null}),
        "expected the text of a code_challenge_method",
    );
    refused::<CodeChallenge>(&json!("S256"), "expected code_challenge and code_challenge_method");
    refused::<CodeChallenge>(
        &json!({"code_challenge": 5, "code_challenge_method": "S256"}),
        "expected the text of a code_challenge",
    );
}

#[test]
fn a_repeated_parameter_is_refused() {
    let twice =
        format!(r#"{{"code_challenge":"{CHALLENGE}","code_challenge":"{CHALLENGE}","code_challenge_method":"S256"}}"#);
    let error = serde_json::from_str::<CodeChallenge>(&twice).unwrap_err().to_string();
    assert!(error.contains("duplicate field `code_challenge`"), "{error}");
    let twice =
        format!(r#"{{"code_challenge_method":"plain","code_challenge":"{CHALLENGE}","code_challenge_method":"S256"}}"#);
    let error = serde_json::from_str::<CodeChallenge>(&twice).unwrap_err().to_string();
    assert!(error.contains("duplicate field `code_challenge_method`"), "{error}");
}

#[test]
fn a_malformed_challenge_is_refused_with_the_rule() {
    for (text, method, why) in [
        (format!("{CHALLENGE}="), "S256", invalid_length(44, S256).to_string()),
        (CHALLENGE[1..].to_owned(), "S256", invalid_length(42, S256).to_string()),
        (String::new(), "S256", invalid_length(0, S256).to_string()),
        ("a".repeat(129), "plain", invalid_length(129, Plain).to_string()),
        ("a".repeat(4000), "plain", invalid_length(4000, Plain).to_string()),
        (
            CHALLENGE.replace("cM", "cN"),
            "S256",
            ParseChallengeError::NonCanonical.to_string(),
        ),
        (CHALLENGE.replace('-', "+"), "S256", invalid_byte(40, S256).to_string()),
        (VERIFIER.replace('-', "/"), "plain", invalid_byte(12, Plain).to_string()),
        (CHALLENGE.to_owned(), "s256", ParseMethodError.to_string()),
    ] {
        let value = json!({"code_challenge": text, "code_challenge_method": method});
        refused::<CodeChallenge>(&value, &why);
    }
}

fn invalid_length(len: usize, method: CodeChallengeMethod) -> ParseChallengeError {
    ParseChallengeError::InvalidLength { len, method }
}

fn invalid_byte(index: usize, method: CodeChallengeMethod) -> ParseChallengeError {
    ParseChallengeError::InvalidByte { index, method }
}

#[test]
fn a_challenge_flattens_where_pkce_is_mandatory() {
    let request = Request {
        client_id: "app".to_owned(),
        pkce: s256(),
        state: "af0ifjsldkj".to_owned(),
    };
    let form = serde_urlencoded::to_string(&request).unwrap();
    assert_eq!(
        form,
        format!("client_id=app&code_challenge={CHALLENGE}&code_challenge_method=S256&state=af0ifjsldkj")
    );
    let read: Request = serde_urlencoded::from_str(&form).unwrap();
    assert_eq!(
        (read.client_id.as_str(), &read.pkce, read.state.as_str()),
        ("app", &s256(), "af0ifjsldkj")
    );
    for value in every_way::<Request>(&serde_json::to_value(&request).unwrap()) {
        assert_eq!(value.unwrap().pkce, s256());
    }
    for form in [
        "client_id=app&state=x".to_owned(),
        format!("client_id=app&state=x&code_challenge={CHALLENGE}"),
        format!("client_id=app&state=x&code_challenge={CHALLENGE}&code_challenge_method=s256"),
        format!("client_id=app&state=x&code_challenge={CHALLENGE}%3D&code_challenge_method=S256"),
        format!(
            "client_id=app&state=x&code_challenge={CHALLENGE}&code_challenge={CHALLENGE}&code_challenge_method=S256"
        ),
    ] {
        assert!(serde_urlencoded::from_str::<Request>(&form).is_err(), "{form}");
    }
}

#[test]
fn an_optional_column_nests() {
    let none: Row = serde_json::from_str(r#"{"code":"c","pkce":null}"#).unwrap();
    assert!(none.pkce.is_none());
    let some = Row {
        code: "c".to_owned(),
        pkce: Some(s256()),
    };
    let value = serde_json::to_value(&some).unwrap();
    for read in every_way::<Row>(&value) {
        assert_eq!(read.unwrap().pkce, some.pkce);
    }
    refused::<Row>(
        &json!({"code": "c", "pkce": {"code_challenge": "short", "code_challenge_method": "S256"}}),
        "length is 5 bytes",
    );
}

/// Failure class c, serde's own (serde #1880): the trap that the documentation warns of. Should serde close it one day,
/// this test fails, and the warning can go.
#[test]
fn the_trap_a_flattened_option_swallows_the_error() {
    #[derive(Deserialize)]
    struct Trap {
        #[serde(flatten)]
        pkce: Option<CodeChallenge>,
    }
    let malformed = json!({"code_challenge": "short", "code_challenge_method": "S256"});
    let read: Trap = serde_json::from_value(malformed).unwrap();
    assert!(read.pkce.is_none(), "a malformed challenge became no challenge");
}

/// What the format hands over as its own: the paths that wipe it.
#[test]
fn owned_strings_are_taken() {
    let owned = |text: &str| -> StringDeserializer<ValueError> { text.to_owned().into_deserializer() };
    assert_eq!(
        CodeVerifier::deserialize(owned(VERIFIER)).unwrap().expose_secret(),
        VERIFIER
    );
    assert!(CodeVerifier::deserialize(owned("short")).is_err());
    assert_eq!(CodeChallengeMethod::deserialize(owned("plain")).unwrap(), Plain);
    let map = BTreeMap::from([
        ("code_challenge".to_owned(), VERIFIER.to_owned()),
        ("code_challenge_method".to_owned(), "plain".to_owned()),
    ]);
    let map = MapDeserializer::<_, ValueError>::new(map.into_iter());
    assert_eq!(CodeChallenge::deserialize(map).unwrap(), plain());
}
