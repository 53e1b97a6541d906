//! No error of a `Deserialize` of this crate shows its input, whatever is in the wrong place, in any format (failure
//! class o). The wrong values contain real verifiers, and derived impls are the control.

use std::collections::BTreeMap;

use formats::{Derived, Errors, FRACTION, Format, VERIFIER, WIDE_DIGITS, secrets};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
use serde::de::DeserializeOwned;
use serde::ser::{SerializeMap, SerializeSeq};
use serde::{Deserialize, Serialize, Serializer};

const DIGITS: u64 = 12_345_678_901_234_567_890;

/// Any value that a serde format can write.
#[derive(Clone, Debug)]
enum Wrong {
    Str(String),
    U64(u64),
    I64(i64),
    I128(i128),
    U128(u128),
    F64(f64),
    Bool(bool),
    Char(char),
    Bytes(Vec<u8>),
    Unit,
    None,
    Some(Box<Wrong>),
    List(Vec<Wrong>),
    Map(Vec<(Wrong, Wrong)>),
    UnitVariant(&'static str),
    Variant(&'static str, Box<Wrong>),
    Newtype(&'static str, Box<Wrong>),
}

impl Serialize for Wrong {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Str(text) => serializer.serialize_str(text),
            Self::U64(n) => serializer.serialize_u64(*n),
            Self::I64(n) => serializer.serialize_i64(*n),
            Self::I128(n) => serializer.serialize_i128(*n),
            Self::U128(n) => serializer.serialize_u128(*n),
            Self::F64(n) => serializer.serialize_f64(*n),
            Self::Bool(b) => serializer.serialize_bool(*b),
            Self::Char(c) => serializer.serialize_char(*c),
            Self::Bytes(bytes) => serializer.serialize_bytes(bytes),
            Self::Unit => serializer.serialize_unit(),
            Self::None => serializer.serialize_none(),
            Self::Some(value) => serializer.serialize_some(value),
            Self::List(values) => {
                let mut list = serializer.serialize_seq(Some(values.len()))?;
                for value in values {
                    list.serialize_element(value)?;
                }
                list.end()
            }
            Self::Map(entries) => {
                let mut map = serializer.serialize_map(Some(entries.len()))?;
                for (key, value) in entries {
                    map.serialize_entry(key, value)?;
                }
                map.end()
            }
            Self::UnitVariant(name) => serializer.serialize_unit_variant("Wrong", 0, name),
            Self::Variant(name, value) => serializer.serialize_newtype_variant("Wrong", 0, name, value),
            Self::Newtype(name, value) => serializer.serialize_newtype_struct(name, value),
        }
    }
}

fn text(text: &str) -> Wrong {
    Wrong::Str(text.to_owned())
}

fn list(values: impl Into<Vec<Wrong>>) -> Wrong {
    Wrong::List(values.into())
}

fn map(entries: impl Into<Vec<(Wrong, Wrong)>>) -> Wrong {
    Wrong::Map(entries.into())
}

fn fields(challenge: Wrong, method: Wrong) -> Wrong {
    map([
        (text("code_challenge"), challenge),
        (text("code_challenge_method"), method),
    ])
}

/// One value of every kind, with the secret in it where it can hold one.
fn kinds(secret: &'static str) -> Vec<Wrong> {
    let valid = || text(secret);
    let padded = || text(&format!("{secret}="));
    let bytes = || Wrong::Bytes(secret.into());
    vec![
        valid(),
        padded(),
        text(&secret.repeat(100)),
        text(&format!("{secret}\u{1F511}\"\\\n")),
        Wrong::U64(DIGITS),
        Wrong::I64(-1_234_567_890_123_456_789),
        Wrong::I128(WIDE_DIGITS),
        Wrong::U128(WIDE_DIGITS.unsigned_abs()),
        Wrong::F64(FRACTION),
        Wrong::Bool(true),
        Wrong::Char('d'),
        bytes(),
        Wrong::Unit,
        Wrong::None,
        Wrong::Some(Box::new(padded())),
        list([]),
        list([valid()]),
        list([valid(), valid()]),
        list([list([valid()])]),
        list([Wrong::U64(DIGITS), bytes()]),
        map([]),
        map([(valid(), Wrong::U64(1))]),
        map([(text("key"), valid())]),
        map([(valid(), map([(valid(), list([valid()]))]))]),
        map([(Wrong::U64(DIGITS), valid())]),
        map([(Wrong::I64(-1_234_567_890_123_456_789), valid())]),
        map([(Wrong::F64(FRACTION), valid())]),
        map([(Wrong::Bool(true), valid())]),
        map([(bytes(), valid())]),
        map([(list([valid()]), valid())]),
        Wrong::UnitVariant(secret),
        Wrong::Variant(secret, Box::new(valid())),
        Wrong::Variant("Tag", Box::new(padded())),
        Wrong::Newtype(secret, Box::new(padded())),
    ]
}

/// Every kind by itself, and in either field of a challenge.
fn wrong_values(secret: &'static str) -> Vec<Wrong> {
    let kinds = kinds(secret);
    let mut values = kinds.clone();
    values.extend(kinds.iter().map(|wrong| fields(wrong.clone(), text("plain"))));
    values.extend(kinds.iter().map(|wrong| fields(text(secret), wrong.clone())));
    let challenge = || (text("code_challenge"), text(secret));
    let method = || (text("code_challenge_method"), text("plain"));
    values.extend([
        map([challenge()]),
        map([method()]),
        map([challenge(), challenge(), method()]),
        map([challenge(), method(), method()]),
        map([method(), (text("code_challenge"), text(&format!("{secret}=")))]),
        map([
            challenge(),
            (text(secret), text(secret)),
            (text("code_challenge_method"), text(secret)),
        ]),
        list([text(secret), text("plain"), text(secret)]),
    ]);
    values
}

#[derive(Serialize)]
struct Written<'a> {
    client: &'a str,
    value: &'a Wrong,
}

#[derive(Deserialize)]
#[expect(dead_code)]
struct Nested<T> {
    client: String,
    value: T,
}

#[derive(Deserialize)]
#[expect(dead_code)]
struct With {
    client: String,
    #[serde(with = "pkce_core::expose_secret")]
    value: CodeVerifier,
}

#[derive(Deserialize)]
#[expect(dead_code)]
struct WithOption {
    client: String,
    #[serde(with = "pkce_core::expose_secret::option", default)]
    value: Option<CodeVerifier>,
}

#[derive(Deserialize)]
#[expect(dead_code)]
struct Flattened<T> {
    client: String,
    #[serde(flatten)]
    value: T,
}

#[derive(Deserialize)]
#[expect(dead_code)]
struct FlattenedAgain<T> {
    #[serde(flatten)]
    value: Flattened<T>,
    state: Option<String>,
}

#[derive(Deserialize)]
#[serde(tag = "client")]
enum Internal<T> {
    #[serde(rename = "app")]
    App(T),
}

#[derive(Deserialize)]
#[serde(tag = "client", content = "value")]
enum Adjacent<T> {
    #[serde(rename = "app")]
    App(T),
}

#[derive(Deserialize)]
enum External<T> {
    #[serde(rename = "value")]
    Value(T),
}

#[derive(Deserialize)]
#[serde(untagged)]
#[expect(dead_code)]
enum Untagged {
    Verifier(CodeVerifier),
    Challenge(CodeChallenge),
    Method(CodeChallengeMethod),
}

/// Reads one wrong value in many places.
struct Reader(Errors);

impl Reader {
    /// Reads `wrong` as a `T`, alone and in every type around it that asks for a `T` at this place.
    fn read_everywhere<T: DeserializeOwned>(&mut self, wrong: &Wrong) {
        self.read_written::<T>(wrong);
        self.read_written::<Option<T>>(wrong);
        self.read_written::<Vec<T>>(&list([wrong.clone(), wrong.clone()]));
        self.read_written::<(T, T)>(&list([wrong.clone(), wrong.clone()]));
        self.read_written::<BTreeMap<String, T>>(&map([(text("row"), wrong.clone())]));
        self.read_written::<External<T>>(&Wrong::Variant("value", Box::new(wrong.clone())));
        self.read_written::<Nested<T>>(&written(wrong));
        self.read_written::<Nested<Option<T>>>(&written(wrong));
        self.read_written::<Nested<Nested<T>>>(&written(&written(wrong)));
        if !has_wide_number_or_odd_key(wrong) {
            self.read_written::<Adjacent<T>>(&written(wrong));
        }
        // As a struct: formats without names, such as postcard, write the length of a map.
        if let Some(bytes) = self.0.format.write(&Written {
            client: "app",
            value: wrong,
        }) {
            self.0.read::<Nested<T>>(&bytes);
            self.0.read::<Nested<Option<T>>>(&bytes);
        }
    }

    fn read_flattened<T: DeserializeOwned>(&mut self, wrong: &Wrong) {
        let Wrong::Map(entries) = wrong else { return };
        if has_wide_number_or_odd_key(wrong) {
            return;
        }
        let mut entries = entries.clone();
        entries.push((text("client"), text("app")));
        let request = Wrong::Map(entries);
        self.read_written::<Flattened<T>>(&request);
        self.read_written::<FlattenedAgain<T>>(&request);
        self.read_written::<Internal<T>>(&request);
    }

    fn read_written<T: DeserializeOwned>(&mut self, value: &Wrong) {
        if let Some(bytes) = self.0.format.write(value) {
            self.0.read::<T>(&bytes);
        }
    }
}

fn written(value: &Wrong) -> Wrong {
    map([(text("client"), text("app")), (text("value"), value.clone())])
}

/// The types around a `T` that buffer their fields refuse these themselves: serde's buffer has no 128-bit numbers, and
/// the keys of a struct are strings.
fn has_wide_number_or_odd_key(wrong: &Wrong) -> bool {
    match wrong {
        Wrong::I128(_) | Wrong::U128(_) => true,
        Wrong::Some(value) | Wrong::Variant(_, value) | Wrong::Newtype(_, value) => has_wide_number_or_odd_key(value),
        Wrong::List(values) => values.iter().any(has_wide_number_or_odd_key),
        Wrong::Map(entries) => entries
            .iter()
            .any(|(key, value)| !matches!(key, Wrong::Str(_)) || has_wide_number_or_odd_key(value)),
        _ => false,
    }
}

/// Reads every wrong value in every format, and checks the errors of each.
fn read_all(read: impl Fn(&mut Reader, &Wrong), check: impl Fn(&Errors)) {
    for secret in secrets() {
        let values = wrong_values(secret);
        for format in Format::ALL {
            let mut reader = Reader(Errors::new(format, secret));
            values.iter().for_each(|wrong| read(&mut reader, wrong));
            check(&reader.0);
        }
    }
}

#[test]
fn no_error_shows_what_was_in_the_wrong_place() {
    let read = |reader: &mut Reader, wrong: &Wrong| {
        reader.read_everywhere::<CodeVerifier>(wrong);
        reader.read_everywhere::<CodeChallenge>(wrong);
        reader.read_everywhere::<CodeChallengeMethod>(wrong);
        reader.read_flattened::<CodeChallenge>(wrong);
        reader.read_written::<With>(&written(wrong));
        reader.read_written::<WithOption>(&written(wrong));
        if !has_wide_number_or_odd_key(wrong) {
            reader.read_written::<Untagged>(wrong);
        }
    };
    read_all(read, |errors| errors.assert_hidden(50));
}

/// The control: the same reader finds the input in the errors of derived impls.
#[test]
fn errors_of_a_derived_impl_show_it() {
    let read = |reader: &mut Reader, wrong: &Wrong| {
        reader.read_everywhere::<Derived>(wrong);
        reader.read_flattened::<Derived>(wrong);
    };
    read_all(read, |errors| {
        let format = errors.format;
        println!("{format:?}: {} leaks in {} errors", errors.leaks.len(), errors.refused);
        // Formats whose errors never show a value.
        let silent = matches!(format, Format::Postcard | Format::Bincode | Format::Csv | Format::Plain);
        assert_eq!(errors.leaks.is_empty(), silent, "{format:?}");
    });
}

/// As documented: the error of `toml::from_str` holds the document. If that changes, so can the documentation.
#[test]
fn an_error_of_toml_shows_the_document_except_in_its_message() {
    let error = toml::from_str::<Nested<CodeVerifier>>(&format!("client = 'app'\nvalue = '{VERIFIER}='"))
        .err()
        .unwrap();
    assert!(error.to_string().contains(VERIFIER));
    assert!(format!("{error:?}").contains(VERIFIER));
    assert!(error.message().starts_with("invalid byte at offset 43"));
}
