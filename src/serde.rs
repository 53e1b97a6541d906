//! serde: the texts of the protocol as they are on the wire, checked on the way in by the same rules as everywhere else.

use core::convert::Infallible;
use core::fmt;

use ::serde::de::{Deserialize, DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};
use ::serde::ser::{Serialize, SerializeStruct, Serializer};

use crate::challenge::CodeChallenge;
use crate::error::ParseChallengeError;
use crate::method::CodeChallengeMethod;
use crate::secret::{MAX_LEN, Scratch};
use crate::verifier::CodeVerifier;

const CHALLENGE: &str = "code_challenge";
const METHOD: &str = "code_challenge_method";

/// As the text on the wire, `S256` or `plain`.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for CodeChallengeMethod {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(self.as_str())
    }
}

/// From the text on the wire, `S256` or `plain` in exactly this case.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for CodeChallengeMethod {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text {
            what: METHOD,
            parse: str::parse::<CodeChallengeMethod>,
        })
    }
}

/// From its text, by the rules of [`parse`](CodeVerifier::parse). With the feature `alloc` a `String` that the format
/// hands over is wiped, also when it is refused.
///
/// There is no `Serialize`: a field that is to hold the secret asks for it with [`expose_secret`].
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for CodeVerifier {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_str(Text {
            what: "code_verifier",
            parse: CodeVerifier::parse,
        })
    }
}

/// Serializes a [`CodeVerifier`] in full, for the one field that asks for it: `#[serde(with = "pkce_core::expose_secret")]`.
///
/// # Security
///
/// What is written is the secret: into the user's session, and nowhere else. Buffers of the format's are not wiped.
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
/// let session = Session { state: "af0ifjsldkj".to_owned(), verifier: CodeVerifier::from_random_bytes(&[7; 32]) };
/// let json = serde_json::to_string(&session)?;
/// let session: Session = serde_json::from_str(&json)?;
/// assert_eq!(session.verifier.expose_secret().len(), 43);
/// # Ok::<(), serde_json::Error>(())
/// ```
///
/// Without that line it does not compile:
///
/// ```compile_fail,E0277
/// #[derive(serde::Serialize)]
/// struct Session {
///     verifier: pkce_core::CodeVerifier,
/// }
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
pub mod expose_secret {
    use super::{CodeVerifier, Deserialize, Deserializer, Serializer};

    /// Writes the text of the verifier.
    ///
    /// # Errors
    ///
    /// Those of the format.
    pub fn serialize<S: Serializer>(verifier: &CodeVerifier, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(verifier.expose_secret())
    }

    /// Reads the text of a verifier: what `CodeVerifier` does by itself, here so that `with` has both.
    ///
    /// # Errors
    ///
    /// Those of the format, and those of [`CodeVerifier::parse`].
    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<CodeVerifier, D::Error> {
        CodeVerifier::deserialize(deserializer)
    }
}

/// As `code_challenge` and `code_challenge_method`. A plain challenge is written too: it is the verifier.
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl Serialize for CodeChallenge {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("CodeChallenge", 2)?;
        for (name, value) in self.authorization_params() {
            fields.serialize_field(name, value)?;
        }
        fields.end()
    }
}

/// From `code_challenge` and `code_challenge_method`, both of them: an absent method is an error here, never plain. Other
/// fields are ignored, so that it flattens into a request or a row in which PKCE is mandatory.
///
/// # Security
///
/// Never flatten an `Option<CodeChallenge>`: serde turns every error inside of it into `None`, so that a malformed
/// challenge would become "no PKCE". A server hands the raw parameters to
/// [`ServerPolicy::check_authorization_request`](crate::ServerPolicy::check_authorization_request); an optional column nests.
///
/// ```
/// use pkce_core::CodeChallenge;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize)]
/// struct Row {
///     client_id: String,
///     pkce: Option<CodeChallenge>, // Nested: a malformed one is an error, and `null` is none.
/// }
///
/// assert!(serde_json::from_str::<Row>(r#"{"client_id":"app","pkce":null}"#).is_ok());
/// let broken = r#"{"client_id":"app","pkce":{"code_challenge":"short","code_challenge_method":"S256"}}"#;
/// assert!(serde_json::from_str::<Row>(broken).is_err());
/// ```
#[cfg_attr(docsrs, doc(cfg(feature = "serde")))]
impl<'de> Deserialize<'de> for CodeChallenge {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_struct("CodeChallenge", &[CHALLENGE, METHOD], Pair)
    }
}

/// Parses a text where it lies. An owned one is wiped, also when it is refused: a plain challenge is a verifier, too.
struct Text<F> {
    what: &'static str,
    parse: F,
}

impl<T, P: fmt::Display, F: FnOnce(&str) -> Result<T, P>> Visitor<'_> for Text<F> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "the text of a {}", self.what)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<T, E> {
        (self.parse)(text).map_err(E::custom)
    }

    #[cfg(feature = "alloc")]
    fn visit_string<E: Error>(self, text: alloc::string::String) -> Result<T, E> {
        self.visit_str(&zeroize::Zeroizing::new(text))
    }
}

/// Reads the two fields of a challenge, in any order where they have names.
struct Pair;

impl<'de> Visitor<'de> for Pair {
    type Value = CodeChallenge;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{CHALLENGE} and {METHOD}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<CodeChallenge, A::Error> {
        let mut challenge = Held::nothing();
        let mut method = None;
        while let Some(field) = map.next_key()? {
            match field {
                Field::Challenge if challenge.len.is_some() => return Err(A::Error::duplicate_field(CHALLENGE)),
                Field::Challenge => map.next_value_seed(&mut challenge)?,
                Field::Method if method.is_some() => return Err(A::Error::duplicate_field(METHOD)),
                Field::Method => method = Some(map.next_value()?),
                Field::Other => drop(map.next_value::<IgnoredAny>()?),
            }
        }
        challenge.parse(method)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<CodeChallenge, A::Error> {
        let mut challenge = Held::nothing();
        seq.next_element_seed(&mut challenge)?;
        let method = seq.next_element()?;
        challenge.parse(method)
    }
}

/// The text of a challenge until its method has come: on the stack, filled in place, and wiped, because it may be plain.
struct Held {
    bytes: Scratch<u8, MAX_LEN>,
    len: Option<usize>,
}

impl Held {
    fn nothing() -> Self {
        Self {
            bytes: Scratch::zeroed(),
            len: None,
        }
    }

    fn hold(&mut self, text: &str) -> Result<(), Infallible> {
        if let Some(bytes) = self.bytes.0.get_mut(..text.len()) {
            bytes.copy_from_slice(text.as_bytes());
        }
        self.len = Some(text.len());
        Ok(())
    }

    fn parse<E: Error>(&self, method: Option<CodeChallengeMethod>) -> Result<CodeChallenge, E> {
        let len = self.len.ok_or_else(|| E::missing_field(CHALLENGE))?;
        let method = method.ok_or_else(|| E::missing_field(METHOD))?;
        let Some(bytes) = self.bytes.0.get(..len) else {
            return Err(E::custom(ParseChallengeError::InvalidLength { len, method }));
        };
        // Infallible: `hold` copied a whole `str`. `unwrap_or_default` avoids a panic path.
        CodeChallenge::parse(core::str::from_utf8(bytes).unwrap_or_default(), method).map_err(E::custom)
    }
}

impl<'de> DeserializeSeed<'de> for &mut Held {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        deserializer.deserialize_str(Text {
            what: CHALLENGE,
            parse: |text: &str| self.hold(text),
        })
    }
}

/// The name of a field, or its number where a format has no names.
enum Field {
    Challenge,
    Method,
    Other,
}

impl<'de> Deserialize<'de> for Field {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_identifier(Name)
    }
}

struct Name;

impl Visitor<'_> for Name {
    type Value = Field;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("the name of a field")
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Field, E> {
        Ok(match number {
            0 => Field::Challenge,
            1 => Field::Method,
            _ => Field::Other,
        })
    }

    fn visit_str<E: Error>(self, name: &str) -> Result<Field, E> {
        self.visit_bytes(name.as_bytes())
    }

    fn visit_bytes<E: Error>(self, name: &[u8]) -> Result<Field, E> {
        Ok(match name {
            name if name == CHALLENGE.as_bytes() => Field::Challenge,
            name if name == METHOD.as_bytes() => Field::Method,
            _ => Field::Other,
        })
    }
}
