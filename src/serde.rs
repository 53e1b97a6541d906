//! `Serialize` and `Deserialize`, with the names and values of the protocol and the same checks as everywhere else.
//!
//! The visitors are written by hand for three reasons:
//!
//! - **A borrowed text is parsed in place.** Reading it into a `Zeroizing<String>` first would save the visitor of
//!   strings, but copies the text with `memcpy`: 64 of 128 characters stay in vector registers. `.ci/run residue` fails.
//! - **An owned text or byte buffer is wiped**, even if it is refused, is of the wrong type or names a field.
//!   `.ci/run formats` fails without it.
//! - **No error quotes the input.** A format that finds a value of the wrong type builds its error before it calls the
//!   visitor (``invalid type: string "dBjft…"``), and some add the value to an error that the visitor returns (axum's
//!   `Path`). So a visitor does not refuse a string. It returns the result of parsing as its value; any error that
//!   remains is the format's, and is replaced, even for truncated input and I/O errors. `.ci/run formats` passes real
//!   verifiers as the wrong value, of every type, in every format.
//!
//! ```text
//! deserialize_str(StrVisitor) -> Ok(Ok(value))         -> Ok(value)
//!                                Ok(Err(parse error))  -> Err(custom(parse error))
//!                                Err(format's error)   -> Err(custom("cannot read …"))
//! ```
//!
//! `deserialize_any` would call the visitor for a value of any type, and keep those errors, but it changes what is
//! read: quick-xml passes a map for an element, YAML and csv pass a number for digits, postcard and bincode refuse it,
//! and a flattened challenge would leave its fields to the next flattened field.

use core::fmt;

use ::serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use ::serde::ser::{Serialize, SerializeStruct, Serializer};
use alloc::string::String;
use alloc::vec::Vec;
use zeroize::Zeroizing;

use crate::challenge::CodeChallenge;
use crate::error::ParseChallengeError::InvalidLength;
use crate::method::{CodeChallengeMethod, ParseMethodError};
use crate::secret::memory::SecretText;
use crate::secret::syntax::{MAX_LEN, MIN_LEN};
use crate::verifier::CodeVerifier;

const CHALLENGE: &str = "code_challenge";
const METHOD: &str = "code_challenge_method";
const NOT_A_VERIFIER: &str = "cannot read a code_verifier: expected a string";

/// Serializes the method as a string: `S256` or `plain`.
impl Serialize for CodeChallengeMethod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// Deserializes a string: `S256` or `plain`. The comparison is case-sensitive.
///
/// # Security
///
/// No error quotes the input, with the exceptions listed at `Deserialize` for [`CodeVerifier`].
impl<'de> Deserialize<'de> for CodeChallengeMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(StrVisitor(str::parse)) {
            Ok(parsed) => parsed.map_err(D::Error::custom),
            Err(_) => Err(D::Error::custom(
                "cannot read a code_challenge_method: expected a string",
            )),
        }
    }
}

/// Deserializes a string, with the checks of [`CodeVerifier::parse`].
///
/// There is no `Serialize`. A field that stores the secret uses [`expose_secret`].
///
/// # Security
///
/// No error made here quotes the input: every error that the format reports while it reads the value is replaced, including
/// truncated input and I/O errors. Errors made elsewhere can still quote it:
///
/// - An error type that holds the document. That of `toml::from_str` prints the line with `Display`, and the whole
///   document with `Debug`: use its `message`, or deserialize from a `toml::Table`. `serde_saphyr` prints the line
///   unless its option `with_snippet` is off.
/// - A wrapper that reports a path, such as `serde_path_to_error` (in axum's `Json`), names the keys of the input.
/// - The errors of the types around this one, such as a derived struct, or an `Option` or a `Vec` in whose place there is a
///   string. [`expose_secret::option`] quotes nothing.
///
/// A `String` or byte buffer that the format passes by value is wiped, even on error. The format's own buffers are not.
impl<'de> Deserialize<'de> for CodeVerifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_str(StrVisitor(CodeVerifier::parse)) {
            Ok(parsed) => parsed.map_err(D::Error::custom),
            Err(_) => Err(D::Error::custom(NOT_A_VERIFIER)),
        }
    }
}

/// Serializes a [`CodeVerifier`] as its string, for a field marked `#[serde(with = "pkce_core::expose_secret")]`.
///
/// The field may also be an owner of a verifier, such as `Arc<CodeVerifier>` in a struct that derives `Clone`, or a `Box`
/// or `Rc`. For an `Option`, use [`expose_secret::option`].
///
/// # Security
///
/// The output contains the secret. Write it to the user's session only. The format's buffers are not wiped.
///
/// ```
/// use pkce_core::CodeVerifier;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Session {
///     state: String,
///     #[serde(with = "pkce_core::expose_secret")]
///     verifier: CodeVerifier,
/// }
///
/// let verifier = CodeVerifier::from_random_bytes(&[7; 32]);
/// let session = Session { state: "af0ifjsldkj".to_owned(), verifier };
/// let json = serde_json::to_string(&session)?;
/// let session: Session = serde_json::from_str(&json)?;
/// assert_eq!(session.verifier.expose_secret().len(), 43);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Without the attribute it does not compile:
///
/// ```compile_fail,E0277
/// #[derive(serde::Serialize)]
/// struct Session {
///     verifier: pkce_core::CodeVerifier,
/// }
/// ```
pub mod expose_secret {
    use core::borrow::Borrow;

    use super::{CodeVerifier, Deserialize, Deserializer, Serializer};

    /// Serializes the verifier as a string.
    ///
    /// # Errors
    ///
    /// Returns the error of the format.
    pub fn serialize<T: Borrow<CodeVerifier>, S: Serializer>(verifier: &T, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(verifier.borrow().expose_secret())
    }

    /// Behaves like `CodeVerifier::deserialize`, and passes the verifier to its owner. `#[serde(with)]` requires a function of this name.
    ///
    /// # Errors
    ///
    /// Returns an error if the value is not a string or if [`CodeVerifier::parse`] refuses it.
    pub fn deserialize<'de, T: From<CodeVerifier>, D: Deserializer<'de>>(deserializer: D) -> Result<T, D::Error> {
        CodeVerifier::deserialize(deserializer).map(T::from)
    }

    /// Serializes an `Option` of a [`CodeVerifier`] or of an owner of one, for a field marked
    /// `#[serde(with = "pkce_core::expose_secret::option", default)]`.
    ///
    /// `default` makes an absent field `None`; without it, an absent field is an error.
    ///
    /// # Security
    ///
    /// As for [`expose_secret`](crate::expose_secret).
    ///
    /// ```
    /// use pkce_core::CodeVerifier;
    /// use serde::{Deserialize, Serialize};
    ///
    /// #[derive(Serialize, Deserialize)]
    /// struct Session {
    ///     #[serde(with = "pkce_core::expose_secret::option", default)]
    ///     verifier: Option<CodeVerifier>,
    /// }
    ///
    /// assert!(serde_json::from_str::<Session>("{}")?.verifier.is_none());
    /// assert!(serde_json::from_str::<Session>(r#"{"verifier":null}"#)?.verifier.is_none());
    /// assert!(serde_json::from_str::<Session>(r#"{"verifier":"short"}"#).is_err());
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub mod option {
        use ::serde::de::Error;

        use super::super::{NOT_A_VERIFIER, OptionVisitor, StrVisitor};
        use super::{Borrow, CodeVerifier, Deserializer, Serializer};

        /// Serializes the verifier as a string, or `None`.
        ///
        /// # Errors
        ///
        /// Returns the error of the format.
        pub fn serialize<T: Borrow<CodeVerifier>, S: Serializer>(
            verifier: &Option<T>,
            serializer: S,
        ) -> Result<S::Ok, S::Error> {
            match verifier {
                Some(verifier) => serializer.serialize_some(verifier.borrow().expose_secret()),
                None => serializer.serialize_none(),
            }
        }

        /// Deserializes a verifier, or `None` from `null`.
        ///
        /// # Errors
        ///
        /// Returns an error if the value is neither `null` nor a string, or if [`CodeVerifier::parse`] refuses it.
        pub fn deserialize<'de, T: From<CodeVerifier>, D: Deserializer<'de>>(
            deserializer: D,
        ) -> Result<Option<T>, D::Error> {
            match deserializer.deserialize_option(OptionVisitor(StrVisitor(CodeVerifier::parse))) {
                Ok(parsed) => Ok(parsed.transpose().map_err(D::Error::custom)?.map(T::from)),
                Err(_) => Err(D::Error::custom(NOT_A_VERIFIER)),
            }
        }
    }
}

/// Serializes the fields `code_challenge` and `code_challenge_method`.
///
/// # Security
///
/// Serializing a plain challenge writes the verifier.
impl Serialize for CodeChallenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("CodeChallenge", 2)?;
        for (name, value) in self.authorization_params() {
            fields.serialize_field(name, value)?;
        }
        fields.end()
    }
}

/// Deserializes the fields `code_challenge` and `code_challenge_method`, with the checks of [`CodeChallenge::parse`].
///
/// Both fields are required: an absent method is an error, never plain. A repeated field is an error, unless the format
/// drops it first, as `serde_json::Value` and `serde_qs` do. Other fields are ignored, so the challenge can be
/// flattened into a row in which PKCE is mandatory. A server passes the parameters of a request to
/// [`ServerPolicy::check_authorization_request`](crate::ServerPolicy::check_authorization_request) instead.
///
/// # Security
///
/// Never flatten an `Option<CodeChallenge>`: serde turns every error inside it into `None`
/// ([serde #1880](https://github.com/serde-rs/serde/issues/1880)), so a malformed challenge becomes "no PKCE". Nest an
/// optional challenge, and mark the field as below: otherwise an absent or misspelt key is `None`, too.
///
/// No error quotes the input, with the exceptions listed at `Deserialize` for [`CodeVerifier`].
///
/// ```
/// use pkce_core::CodeChallenge;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Row {
///     client_id: String,
///     #[serde(deserialize_with = "Option::deserialize")] // requires the key
///     pkce: Option<CodeChallenge>,
/// }
///
/// assert!(serde_json::from_str::<Row>(r#"{"client_id":"app","pkce":null}"#).is_ok());
/// assert!(serde_json::from_str::<Row>(r#"{"client_id":"app"}"#).is_err());
/// let malformed = r#"{
///     "client_id": "app",
///     "pkce": { "code_challenge": "short", "code_challenge_method": "S256" }
/// }"#;
/// assert!(serde_json::from_str::<Row>(malformed).is_err());
/// ```
impl<'de> Deserialize<'de> for CodeChallenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        match deserializer.deserialize_struct("CodeChallenge", &[CHALLENGE, METHOD], ChallengeVisitor) {
            Ok(fields) => fields.parse(),
            Err(_) => Err(D::Error::custom(
                "cannot read a code_challenge: expected the strings code_challenge and code_challenge_method",
            )),
        }
    }
}

/// Passes a string to a function, and wipes it if it is owned.
struct StrVisitor<F>(F);

impl<T, F: FnOnce(&str) -> T> Visitor<'_> for StrVisitor<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        Ok(self.0(text))
    }

    fn visit_string<E: Error>(self, text: String) -> Result<T, E> {
        self.visit_str(&Zeroizing::new(text))
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<T, E> {
        Err(wrong_type())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<T, E> {
        self.visit_bytes(&Zeroizing::new(bytes))
    }
}

impl<'de, T, F: FnOnce(&str) -> T> DeserializeSeed<'de> for StrVisitor<F> {
    type Value = T;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<T, D::Error> {
        deserializer.deserialize_str(self)
    }
}

/// Reads what its [`StrVisitor`] reads, or nothing. Not the visitor of serde's `Option`, which refuses a string that a format
/// passes without calling `visit_some`, and quotes it.
struct OptionVisitor<F>(StrVisitor<F>);

impl<'de, T, F: FnOnce(&str) -> T> Visitor<'de> for OptionVisitor<F> {
    type Value = Option<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a string or nothing")
    }

    fn visit_none<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_unit<E: Error>(self) -> Result<Option<T>, E> {
        Ok(None)
    }

    fn visit_some<D: Deserializer<'de>>(self, deserializer: D) -> Result<Option<T>, D::Error> {
        self.0.deserialize(deserializer).map(Some)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Option<T>, E> {
        self.0.visit_str(text).map(Some)
    }

    fn visit_string<E: Error>(self, text: String) -> Result<Option<T>, E> {
        self.0.visit_string(text).map(Some)
    }

    fn visit_bytes<E: Error>(self, bytes: &[u8]) -> Result<Option<T>, E> {
        self.0.visit_bytes(bytes).map(Some)
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<Option<T>, E> {
        self.0.visit_byte_buf(bytes).map(Some)
    }
}

/// The error for text or bytes of the wrong type. serde's default passes them to the error type, which may copy them.
fn wrong_type<E: Error>() -> E {
    E::custom("wrong type")
}

/// Reads the fields of a challenge: by name from a map, in the order of `Serialize` from a sequence.
struct ChallengeVisitor;

impl<'de> Visitor<'de> for ChallengeVisitor {
    type Value = ChallengeFields;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CHALLENGE} and {METHOD}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<ChallengeFields, A::Error> {
        let mut fields = ChallengeFields::default();
        while let Some(field) = map.next_key()? {
            let repeated = match field {
                Field::Challenge => {
                    let text = map.next_value_seed(StrVisitor(hold))?;
                    fields.challenge.replace(text).map(|_| CHALLENGE)
                }
                Field::Method => {
                    let method = map.next_value_seed(StrVisitor(str::parse))?;
                    fields.method.replace(method).map(|_| METHOD)
                }
                Field::Other => {
                    let _: IgnoredAny = map.next_value()?;
                    None
                }
            };
            fields.repeated = fields.repeated.or(repeated);
        }
        Ok(fields)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<ChallengeFields, A::Error> {
        Ok(ChallengeFields {
            challenge: seq.next_element_seed(StrVisitor(hold))?,
            method: seq.next_element_seed(StrVisitor(str::parse))?,
            repeated: None,
        })
    }

    fn visit_str<E: Error>(self, _: &str) -> Result<ChallengeFields, E> {
        Err(wrong_type())
    }

    fn visit_string<E: Error>(self, text: String) -> Result<ChallengeFields, E> {
        self.visit_str(&Zeroizing::new(text))
    }

    fn visit_bytes<E: Error>(self, _: &[u8]) -> Result<ChallengeFields, E> {
        Err(wrong_type())
    }

    fn visit_byte_buf<E: Error>(self, bytes: Vec<u8>) -> Result<ChallengeFields, E> {
        self.visit_bytes(&Zeroizing::new(bytes))
    }
}

/// What a format found in the fields of a challenge, checked once all of them are read.
#[derive(Default)]
struct ChallengeFields {
    challenge: Option<Result<SecretText, usize>>,
    method: Option<Result<CodeChallengeMethod, ParseMethodError>>,
    repeated: Option<&'static str>,
}

/// Holds the text of a challenge until its method is known: it may be plain, so it is wiped. Returns the length of a text
/// that is too short or too long for either method.
fn hold(text: &str) -> Result<SecretText, usize> {
    match text.len() {
        MIN_LEN..=MAX_LEN => Ok(SecretText::from_bytes(text.as_bytes())),
        len => Err(len),
    }
}

impl ChallengeFields {
    fn parse<E: Error>(self) -> Result<CodeChallenge, E> {
        if let Some(name) = self.repeated {
            return Err(E::duplicate_field(name));
        }
        let challenge = self.challenge.ok_or_else(|| E::missing_field(CHALLENGE))?;
        let method = self.method.ok_or_else(|| E::missing_field(METHOD))?;
        let method = method.map_err(E::custom)?;
        match challenge {
            Ok(text) => CodeChallenge::parse(text.as_str(), method).map_err(E::custom),
            Err(len) => Err(E::custom(InvalidLength { len, method })),
        }
    }
}

/// The name of a field, or its index in formats that write no names.
enum Field {
    Challenge,
    Method,
    Other,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(FieldVisitor)
    }
}

struct FieldVisitor;

impl Visitor<'_> for FieldVisitor {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_u64<E: Error>(self, index: u64) -> Result<Field, E> {
        Ok(match index {
            0 => Field::Challenge,
            1 => Field::Method,
            _ => Field::Other,
        })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
        self.visit_bytes(name.as_bytes())
    }

    fn visit_string<E: Error>(self, name: String) -> Result<Field, E> {
        self.visit_bytes(Zeroizing::new(name).as_bytes())
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Field, E> {
        Ok(match name {
            name if name == CHALLENGE.as_bytes() => Field::Challenge,
            name if name == METHOD.as_bytes() => Field::Method,
            _ => Field::Other,
        })
    }

    fn visit_byte_buf<E: Error>(self, name: Vec<u8>) -> Result<Field, E> {
        self.visit_bytes(&Zeroizing::new(name))
    }
}
