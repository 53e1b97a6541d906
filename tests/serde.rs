//! The feature `serde` in JSON and in serde's own deserializers. Other formats: `tests/formats`.
#![cfg(feature = "serde")]

mod common;
#[path = "common/records.rs"]
mod records;

use std::collections::BTreeMap;
use std::io::{self, Read};

use common::{CHALLENGE, VERIFIER, plain, s256};
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError, ParseVerifierError,
};
use records::{OptionalSession, Request, Row, Session};
use serde::de::value::{BytesDeserializer, Error as ValueError, MapDeserializer, StringDeserializer};
use serde::de::{DeserializeOwned, Error as _, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, Serialize, forward_to_deserialize_any};
use serde_json::{Value, json};
use static_assertions::{assert_impl_all, assert_not_impl_any};

const NOT_A_VERIFIER: &str = "cannot read a code_verifier: expected a string";
const NOT_A_METHOD: &str = "cannot read a code_challenge_method: expected a string";
const NOT_A_CHALLENGE: &str =
    "cannot read a code_challenge: expected the strings code_challenge and code_challenge_method";

/// Reads `value` from a borrowed, a streamed and an owned document.
fn read<T: DeserializeOwned>(value: &Value) -> [Result<T, String>; 3] {
    let text = value.to_string();
    [
        serde_json::from_str(&text).map_err(|e| e.to_string()),
        serde_json::from_reader(text.as_bytes()).map_err(|e| e.to_string()),
        serde_json::from_value(value.clone()).map_err(|e| e.to_string()),
    ]
}

/// Asserts that each error is `reason`, followed by at most a position.
#[track_caller]
fn assert_refused<T: DeserializeOwned>(value: &Value, reason: &str) {
    for result in read::<T>(value) {
        let Err(error) = result else { panic!("not refused") };
        let rest = error.strip_prefix(reason).expect(reason);
        assert!(rest.is_empty() || rest.starts_with(" at line 1 column "), "{rest}");
    }
}

#[test]
fn a_verifier_is_not_serialize() {
    assert_impl_all!(CodeVerifier: Deserialize<'static>);
    assert_not_impl_any!(CodeVerifier: Serialize);
    assert_impl_all!(CodeChallenge: Serialize, Deserialize<'static>);
    assert_impl_all!(CodeChallengeMethod: Serialize, Deserialize<'static>);
}

#[test]
fn a_method_is_its_name() {
    for (method, name) in [(S256, "S256"), (Plain, "plain")] {
        assert_eq!(serde_json::to_value(method).unwrap(), json!(name));
        for read in read::<CodeChallengeMethod>(&json!(name)) {
            assert_eq!(read.unwrap(), method);
        }
    }
    for name in ["s256", "PLAIN", "Plain", "S512", "", " S256", "S256\n", VERIFIER] {
        assert_refused::<CodeChallengeMethod>(&json!(name), &ParseMethodError.to_string());
    }
    for wrong in [json!(null), json!(1), json!([VERIFIER]), json!({VERIFIER: "S256"})] {
        assert_refused::<CodeChallengeMethod>(&wrong, NOT_A_METHOD);
    }
}

#[test]
fn a_verifier_is_checked() {
    for text in [VERIFIER.to_owned(), "~".repeat(43), "a.-_~".repeat(25) + "end"] {
        for read in read::<CodeVerifier>(&json!(text)) {
            assert_eq!(read.unwrap().expose_secret(), text);
        }
    }
    for len in [0, 1, 42, 129, 4000] {
        let reason = ParseVerifierError::InvalidLength { len }.to_string();
        assert_refused::<CodeVerifier>(&json!("a".repeat(len)), &reason);
    }
    for end in ["=", "\n", "+", "/", "é", "\0"] {
        let reason = ParseVerifierError::InvalidByte { index: 43 }.to_string();
        assert_refused::<CodeVerifier>(&json!(format!("{VERIFIER}{end}")), &reason);
    }
    for wrong in [
        json!(null),
        json!(1234567890),
        json!([VERIFIER]),
        json!({VERIFIER: VERIFIER}),
    ] {
        assert_refused::<CodeVerifier>(&wrong, NOT_A_VERIFIER);
    }
}

#[test]
fn escapes_are_decoded_before_the_check() {
    let escaped = VERIFIER.replacen('d', "\\u0064", 1);
    let verifier: CodeVerifier = serde_json::from_str(&format!("\"{escaped}\"")).unwrap();
    assert_eq!(verifier.expose_secret(), VERIFIER);
}

#[test]
fn expose_secret_writes_and_reads_a_verifier() {
    let session = Session {
        verifier: VERIFIER.parse().unwrap(),
    };
    let value = serde_json::to_value(&session).unwrap();
    assert_eq!(value, json!({"verifier": VERIFIER}));
    for read in read::<Session>(&value) {
        assert_eq!(read.unwrap().verifier.expose_secret(), VERIFIER);
    }
    let reason = ParseVerifierError::InvalidLength { len: 5 }.to_string();
    assert_refused::<Session>(&json!({"verifier": "short"}), &reason);
    assert_refused::<Session>(&json!({"verifier": null}), NOT_A_VERIFIER);
}

#[test]
fn expose_secret_option_writes_and_reads_an_optional_verifier() {
    for (verifier, value) in [
        (Some(VERIFIER), json!({"verifier": VERIFIER})),
        (None, json!({"verifier": null})),
    ] {
        let session = OptionalSession {
            verifier: verifier.map(|text| text.parse().unwrap()),
        };
        assert_eq!(serde_json::to_value(&session).unwrap(), value);
        for read in read::<OptionalSession>(&value) {
            assert_eq!(
                read.unwrap().verifier.as_ref().map(CodeVerifier::expose_secret),
                verifier
            );
        }
    }
    for read in read::<OptionalSession>(&json!({})) {
        assert!(read.unwrap().verifier.is_none());
    }
    let reason = ParseVerifierError::InvalidLength { len: 0 }.to_string();
    assert_refused::<OptionalSession>(&json!({"verifier": ""}), &reason);
    assert_refused::<OptionalSession>(&json!({"verifier": false}), NOT_A_VERIFIER);
}

#[test]
fn a_challenge_is_its_two_parameters() {
    for (challenge, text, method) in [(s256(), CHALLENGE, "S256"), (plain(), VERIFIER, "plain")] {
        let value = json!({"code_challenge": text, "code_challenge_method": method});
        assert_eq!(serde_json::to_value(&challenge).unwrap(), value);
        for read in read::<CodeChallenge>(&value) {
            assert_eq!(read.unwrap(), challenge);
        }
    }
}

#[test]
fn fields_are_read_in_any_order_and_others_are_ignored() {
    for text in [
        format!(r#"{{"code_challenge_method":"S256","code_challenge":"{CHALLENGE}"}}"#),
        format!(r#"{{"a":[1,{{}}],"code_challenge":"{CHALLENGE}","b":null,"code_challenge_method":"S256","c":"x"}}"#),
        format!(r#"["{CHALLENGE}","S256"]"#),
    ] {
        assert_eq!(serde_json::from_str::<CodeChallenge>(&text).unwrap(), s256(), "{text}");
    }
}

#[test]
fn fields_are_named_by_index_or_bytes() {
    let indices = MapDeserializer::<_, ValueError>::new([(1_u64, "S256"), (0, CHALLENGE), (2, "x")].into_iter());
    assert_eq!(CodeChallenge::deserialize(indices).unwrap(), s256());
    let names = [
        (&b"code_challenge"[..], CHALLENGE),
        (b"code_challenge_method", "S256"),
        (b"else", ""),
    ];
    let names = names.map(|(name, value)| (BytesDeserializer::<ValueError>::new(name), value));
    let names = MapDeserializer::new(names.into_iter());
    assert_eq!(CodeChallenge::deserialize(names).unwrap(), s256());
    let other = MapDeserializer::<_, ValueError>::new([(true, CHALLENGE)].into_iter());
    assert_eq!(
        CodeChallenge::deserialize(other).unwrap_err().to_string(),
        NOT_A_CHALLENGE
    );
}

#[test]
fn half_a_challenge_is_an_error_and_never_plain() {
    const NO_CHALLENGE: &str = "missing field `code_challenge`";
    const NO_METHOD: &str = "missing field `code_challenge_method`";
    assert_refused::<CodeChallenge>(&json!({"code_challenge": CHALLENGE}), NO_METHOD);
    assert_refused::<CodeChallenge>(&json!({"code_challenge_method": "S256"}), NO_CHALLENGE);
    assert_refused::<CodeChallenge>(&json!({}), NO_CHALLENGE);
    assert_refused::<CodeChallenge>(&json!([]), NO_CHALLENGE);
    assert_refused::<CodeChallenge>(&json!([CHALLENGE]), NO_METHOD);
    let null = json!({"code_challenge": CHALLENGE, "code_challenge_method": null});
    assert_refused::<CodeChallenge>(&null, NOT_A_CHALLENGE);
}

#[test]
fn a_challenge_of_another_type_is_refused_without_showing_it() {
    for wrong in [
        json!(null),
        json!(VERIFIER),
        json!(1234567890),
        json!([VERIFIER, "plain", VERIFIER]),
        json!([[VERIFIER], "plain"]),
        json!({"code_challenge": 1234567890, "code_challenge_method": "plain"}),
        json!({"code_challenge": {VERIFIER: VERIFIER}, "code_challenge_method": "plain"}),
        json!({"code_challenge": VERIFIER, "code_challenge_method": [VERIFIER]}),
    ] {
        assert_refused::<CodeChallenge>(&wrong, NOT_A_CHALLENGE);
    }
}

#[test]
fn a_repeated_field_is_refused() {
    for (name, text) in [
        (
            "code_challenge",
            format!(r#""code_challenge":"{CHALLENGE}","code_challenge_method":"S256""#),
        ),
        (
            "code_challenge_method",
            r#""code_challenge_method":"plain","code_challenge_method":"S256""#.to_owned(),
        ),
    ] {
        let text = format!(r#"{{"code_challenge":"{CHALLENGE}",{text}}}"#);
        let error = serde_json::from_str::<CodeChallenge>(&text).unwrap_err().to_string();
        assert_eq!(error, format!("duplicate field `{name}`"));
    }
}

#[test]
fn a_malformed_challenge_is_refused_with_the_rule() {
    let invalid_length = |len, method| ParseChallengeError::InvalidLength { len, method }.to_string();
    let invalid_byte = |index, method| ParseChallengeError::InvalidByte { index, method }.to_string();
    for (text, method, reason) in [
        (format!("{CHALLENGE}="), "S256", invalid_length(44, S256)),
        (CHALLENGE[1..].to_owned(), "S256", invalid_length(42, S256)),
        (String::new(), "S256", invalid_length(0, S256)),
        ("a".repeat(129), "plain", invalid_length(129, Plain)),
        ("a".repeat(4000), "plain", invalid_length(4000, Plain)),
        ("a".repeat(4000), "S256", invalid_length(4000, S256)),
        (
            CHALLENGE.replace("cM", "cN"),
            "S256",
            ParseChallengeError::NonCanonical.to_string(),
        ),
        (CHALLENGE.replace('-', "+"), "S256", invalid_byte(40, S256)),
        (VERIFIER.replace('-', "/"), "plain", invalid_byte(12, Plain)),
        ("é".repeat(30), "plain", invalid_byte(0, Plain)),
        (CHALLENGE.to_owned(), "s256", ParseMethodError.to_string()),
    ] {
        let value = json!({"code_challenge": text, "code_challenge_method": method});
        assert_refused::<CodeChallenge>(&value, &reason);
        let value = json!({"code_challenge_method": method, "code_challenge": text});
        assert_refused::<CodeChallenge>(&value, &reason);
    }
}

#[test]
fn a_challenge_flattens_where_pkce_is_mandatory() {
    let request = Request {
        client_id: "app".to_owned(),
        pkce: s256(),
        state: "af0ifjsldkj".to_owned(),
    };
    for read in read::<Request>(&serde_json::to_value(&request).unwrap()) {
        let read = read.unwrap();
        assert_eq!(
            (read.client_id.as_str(), &read.pkce, read.state.as_str()),
            ("app", &s256(), "af0ifjsldkj")
        );
    }
    let half = json!({"client_id": "app", "state": "x", "code_challenge": CHALLENGE});
    assert_refused::<Request>(&half, "missing field `code_challenge_method`");
}

#[test]
fn a_flattened_challenge_leaves_only_other_fields() {
    #[derive(Deserialize)]
    struct Extensible {
        #[serde(flatten)]
        pkce: CodeChallenge,
        #[serde(flatten)]
        others: BTreeMap<String, Value>,
    }
    let value = json!({"code_challenge": CHALLENGE, "code_challenge_method": "S256", "nonce": "n"});
    for read in read::<Extensible>(&value) {
        let read = read.unwrap();
        assert_eq!(read.pkce, s256());
        assert_eq!(read.others, BTreeMap::from([("nonce".to_owned(), json!("n"))]));
    }
}

#[test]
fn an_optional_challenge_nests() {
    for read in read::<Row>(&json!({"code": "c", "pkce": null})) {
        assert!(read.unwrap().pkce.is_none());
    }
    let row = Row {
        code: "c".to_owned(),
        pkce: Some(s256()),
    };
    for read in read::<Row>(&serde_json::to_value(&row).unwrap()) {
        assert_eq!(read.unwrap().pkce, row.pkce);
    }
    let reason = ParseChallengeError::InvalidLength { len: 5, method: S256 }.to_string();
    let short = json!({"code_challenge": "short", "code_challenge_method": "S256"});
    assert_refused::<Row>(&json!({"code": "c", "pkce": short}), &reason);
    assert_refused::<Row>(&json!({"code": "c", "pkce": VERIFIER}), NOT_A_CHALLENGE);
}

/// Failure class c, serde #1880: the reason for the warning in the documentation of `CodeChallenge`. If serde fixes it,
/// the warning can go.
#[test]
fn a_flattened_option_swallows_the_error() {
    #[derive(Deserialize)]
    struct Trap {
        #[serde(flatten)]
        pkce: Option<CodeChallenge>,
    }
    let malformed = json!({"code_challenge": "short", "code_challenge_method": "S256"});
    let read: Trap = serde_json::from_value(malformed).unwrap();
    assert!(read.pkce.is_none(), "a malformed challenge became no challenge");
}

#[test]
fn owned_strings_are_read() {
    let owned = |text: &str| -> StringDeserializer<ValueError> { text.to_owned().into_deserializer() };
    let verifier = CodeVerifier::deserialize(owned(VERIFIER)).unwrap();
    assert_eq!(verifier.expose_secret(), VERIFIER);
    assert!(CodeVerifier::deserialize(owned("short")).is_err());
    assert_eq!(CodeChallengeMethod::deserialize(owned("plain")).unwrap(), Plain);
    let map = BTreeMap::from([
        ("code_challenge".to_owned(), VERIFIER.to_owned()),
        ("code_challenge_method".to_owned(), "plain".to_owned()),
    ]);
    let map = MapDeserializer::<_, ValueError>::new(map.into_iter());
    assert_eq!(CodeChallenge::deserialize(map).unwrap(), plain());
    assert_eq!(
        CodeChallenge::deserialize(owned(VERIFIER)).unwrap_err().to_string(),
        NOT_A_CHALLENGE
    );
}

#[test]
fn bytes_are_refused() {
    let bytes = || BytesDeserializer::<ValueError>::new(VERIFIER.as_bytes());
    assert_eq!(
        CodeVerifier::deserialize(bytes()).unwrap_err().to_string(),
        NOT_A_VERIFIER
    );
    assert_eq!(
        CodeChallengeMethod::deserialize(bytes()).unwrap_err().to_string(),
        NOT_A_METHOD
    );
    assert_eq!(
        CodeChallenge::deserialize(bytes()).unwrap_err().to_string(),
        NOT_A_CHALLENGE
    );
}

/// Like axum's `Path`, adds the value to each error of a visitor.
struct Quoting(&'static str);

impl<'de> Deserializer<'de> for Quoting {
    type Error = ValueError;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, ValueError> {
        visitor
            .visit_str(self.0)
            .map_err(|error: ValueError| ValueError::custom(format_args!("{error}: {}", self.0)))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any
    }
}

#[test]
fn a_format_cannot_add_the_value_to_a_parse_error() {
    let text = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk=";
    let control = u64::deserialize(Quoting(text)).unwrap_err();
    assert!(control.to_string().contains(text));
    let reason = ParseVerifierError::InvalidByte { index: 43 }.to_string();
    assert_eq!(
        CodeVerifier::deserialize(Quoting(text)).unwrap_err().to_string(),
        reason
    );
    let reason = ParseMethodError.to_string();
    assert_eq!(
        CodeChallengeMethod::deserialize(Quoting(text)).unwrap_err().to_string(),
        reason
    );
    assert_eq!(
        CodeChallenge::deserialize(Quoting(text)).unwrap_err().to_string(),
        NOT_A_CHALLENGE
    );
}

/// As documented: the format's own errors are replaced while a value is read, and nowhere else.
#[test]
fn truncated_input_and_io_errors_are_replaced() {
    struct Broken;
    impl Read for Broken {
        fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
            Err(io::Error::other("broken"))
        }
    }
    let truncated = serde_json::from_str::<CodeVerifier>("\"dBjft").unwrap_err();
    assert_eq!(
        (truncated.to_string().as_str(), truncated.is_eof()),
        (NOT_A_VERIFIER, false)
    );
    let broken = serde_json::from_reader::<_, CodeVerifier>(b"\"dBjft".chain(Broken)).unwrap_err();
    assert_eq!((broken.to_string().as_str(), broken.is_io()), (NOT_A_VERIFIER, false));
    let truncated = serde_json::from_str::<Session>(&format!("{{\"verifier\":\"{VERIFIER}\""))
        .err()
        .unwrap();
    assert!(truncated.is_eof());
}
