//! The feature `serde` in JSON and in serde's own deserializers: what is written, and the text of every error. Round trips
//! in all formats, wiping, and values of every kind in the wrong place are in `tests/formats`.
#![cfg(feature = "serde")]

mod common;

use std::borrow::Borrow;
use std::collections::BTreeMap;
use std::io::{self, Read};
use std::rc::Rc;
use std::sync::Arc;

use common::{CHALLENGE, VERIFIER, plain, s256};
use pkce_core::CodeChallengeMethod::{Plain, S256};
use pkce_core::{
    CodeChallenge, CodeChallengeMethod, CodeVerifier, ParseChallengeError, ParseMethodError, ParseVerifierError,
    expose_secret,
};
use serde::de::value::{BytesDeserializer, Error as ValueError, MapDeserializer};
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

/// A session as programs have it, with any owner of a verifier.
#[derive(Clone, Serialize, Deserialize)]
#[serde(bound = "T: Borrow<CodeVerifier> + From<CodeVerifier>")]
struct Login<T> {
    #[serde(with = "pkce_core::expose_secret")]
    verifier: T,
    #[serde(with = "pkce_core::expose_secret::option", default)]
    optional: Option<T>,
}

fn assert_login<T: Borrow<CodeVerifier> + From<CodeVerifier>>() {
    for optional in [json!(VERIFIER), json!(null)] {
        let value = json!({"verifier": VERIFIER, "optional": optional});
        for read in read::<Login<T>>(&value) {
            let login = read.unwrap();
            assert_eq!(login.verifier.borrow().expose_secret(), VERIFIER);
            assert_eq!(login.optional.is_some(), optional.is_string());
            assert_eq!(serde_json::to_value(&login).unwrap(), value);
        }
    }
    for read in read::<Login<T>>(&json!({"verifier": VERIFIER})) {
        assert!(read.unwrap().optional.is_none());
    }
    for field in ["verifier", "optional"] {
        let invalid_length = |len| ParseVerifierError::InvalidLength { len }.to_string();
        for (wrong, reason) in [
            (json!("short"), invalid_length(5)),
            (json!(""), invalid_length(0)),
            (json!(false), NOT_A_VERIFIER.to_owned()),
            (json!([VERIFIER]), NOT_A_VERIFIER.to_owned()),
        ] {
            let mut value = json!({"verifier": VERIFIER, "optional": VERIFIER});
            value[field] = wrong;
            assert_refused::<Login<T>>(&value, &reason);
        }
    }
    assert_refused::<Login<T>>(&json!({"verifier": null}), NOT_A_VERIFIER);
}

#[test]
fn expose_secret_writes_and_reads_every_owner() {
    assert_login::<CodeVerifier>();
    assert_login::<Box<CodeVerifier>>();
    assert_login::<Rc<CodeVerifier>>();
    assert_login::<Arc<CodeVerifier>>();
    // Web frameworks clone their sessions.
    assert_impl_all!(Login<Arc<CodeVerifier>>: Clone);
    assert_not_impl_any!(Login<CodeVerifier>: Clone);
}

/// The functions are called by hand as well, with a reference and with a binding that says the type.
/// Self-describing values, such as `ron::Value`, pass a string to whoever asks for an `Option`, and nothing as a unit.
#[test]
fn an_option_is_read_from_a_value_that_is_not_some() {
    fn read<'de>(value: impl IntoDeserializer<'de, ValueError>) -> Result<Option<CodeVerifier>, String> {
        expose_secret::option::deserialize(value.into_deserializer()).map_err(|e| e.to_string())
    }
    for verifier in [read(VERIFIER), read(VERIFIER.to_owned())] {
        assert_eq!(verifier.unwrap().unwrap().expose_secret(), VERIFIER);
    }
    assert!(read(()).unwrap().is_none());
    let padded = format!("{VERIFIER}=");
    let reason = ParseVerifierError::InvalidByte { index: 43 }.to_string();
    assert_eq!(read(padded.as_str()).unwrap_err(), reason);
    assert_eq!(read(padded).unwrap_err(), reason);
    assert_eq!(read(1_234_567_890_u64).unwrap_err(), NOT_A_VERIFIER);
    assert_eq!(read(VERIFIER.as_bytes()).unwrap_err(), NOT_A_VERIFIER);
}

/// What serde buffers, it passes on as a unit.
#[test]
fn an_option_in_a_flattened_struct_is_read_from_null() {
    #[derive(Deserialize)]
    struct Session {
        #[serde(flatten)]
        login: Login<CodeVerifier>,
    }
    for optional in [json!(VERIFIER), json!(null)] {
        for read in read::<Session>(&json!({"verifier": VERIFIER, "optional": optional})) {
            assert_eq!(read.unwrap().login.optional.is_some(), optional.is_string());
        }
    }
}

#[test]
fn expose_secret_needs_no_type_arguments() {
    let verifier: CodeVerifier = expose_secret::deserialize(json!(VERIFIER)).unwrap();
    let serializer = || serde_json::value::Serializer;
    assert_eq!(expose_secret::serialize(&verifier, serializer()).unwrap(), VERIFIER);
    assert_eq!(expose_secret::serialize(&&verifier, serializer()).unwrap(), VERIFIER);
    let verifier: Option<Arc<CodeVerifier>> = expose_secret::option::deserialize(Value::Null).unwrap();
    assert!(verifier.is_none());
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
    let bytes = BytesDeserializer::<ValueError>::new(VERIFIER.as_bytes());
    assert_eq!(
        CodeChallenge::deserialize(bytes).unwrap_err().to_string(),
        NOT_A_CHALLENGE
    );
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
fn a_flattened_challenge_is_mandatory_and_leaves_only_other_fields() {
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
    let half = json!({"code_challenge": CHALLENGE, "nonce": "n"});
    assert_refused::<Extensible>(&half, "missing field `code_challenge_method`");
}

#[test]
fn a_nested_optional_challenge_is_checked() {
    type Row = BTreeMap<String, Option<CodeChallenge>>;
    let reason = ParseChallengeError::InvalidLength { len: 5, method: S256 }.to_string();
    let short = json!({"code_challenge": "short", "code_challenge_method": "S256"});
    assert_refused::<Row>(&json!({"pkce": short}), &reason);
    assert_refused::<Row>(&json!({"pkce": VERIFIER}), NOT_A_CHALLENGE);
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
    let truncated = serde_json::from_str::<Login<CodeVerifier>>(&format!("{{\"verifier\":\"{VERIFIER}\""))
        .err()
        .unwrap();
    assert!(truncated.is_eof());
}
