//! The formats that programs use, behind one pair of functions, and a search of their errors for the input.

use std::collections::HashSet;
use std::error::Error;

use pkce_core::CodeVerifier;
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// A format, and the function of its crate that reads it where there are several.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    JsonStr,
    JsonReader,
    JsonValue,
    Form,
    QueryString,
    Toml,
    TomlTable,
    Yaml,
    MessagePack,
    Cbor,
    CborValue,
    Postcard,
    Bincode,
    Ron,
    Xml,
    Csv,
    Plain,
}

use Format::*;

impl Format {
    pub const ALL: [Self; 17] = [
        JsonStr,
        JsonReader,
        JsonValue,
        Form,
        QueryString,
        Toml,
        TomlTable,
        Yaml,
        MessagePack,
        Cbor,
        CborValue,
        Postcard,
        Bincode,
        Ron,
        Xml,
        Csv,
        Plain,
    ];

    /// Returns `None` if the format cannot represent the value.
    pub fn write<T: Serialize>(self, value: &T) -> Option<Vec<u8>> {
        let text = match self {
            JsonStr | JsonReader | JsonValue => serde_json::to_string(value).ok(),
            Form => serde_urlencoded::to_string(value).ok(),
            QueryString => serde_qs::to_string(value).ok(),
            Toml | TomlTable => toml::to_string(value).ok(),
            Yaml => serde_yaml_ng::to_string(value).ok(),
            Ron => ron::to_string(value).ok(),
            Xml => quick_xml::se::to_string_with_root("root", value).ok(),
            Plain => serde_plain::to_string(value).ok(),
            MessagePack => return rmp_serde::to_vec_named(value).ok(),
            Postcard => return postcard::to_allocvec(value).ok(),
            Bincode => return bincode::serialize(value).ok(),
            Cbor | CborValue => {
                let mut bytes = Vec::new();
                return ciborium::into_writer(value, &mut bytes).ok().map(|()| bytes);
            }
            Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                writer.serialize(value).ok()?;
                return writer.into_inner().ok();
            }
        };
        text.map(String::into_bytes)
    }

    /// Returns all that an error shows. The error of a document that cannot be parsed at all is empty.
    pub fn read<T: DeserializeOwned>(self, bytes: &[u8]) -> Result<T, String> {
        let text = || std::str::from_utf8(bytes).map_err(|_| String::new());
        match self {
            JsonStr => serde_json::from_str(text()?).map_err(shown),
            JsonReader => serde_json::from_reader(bytes).map_err(shown),
            JsonValue => serde_json::from_slice::<serde_json::Value>(bytes)
                .map_err(|_| String::new())
                .and_then(|value| serde_json::from_value(value).map_err(shown)),
            Form => serde_urlencoded::from_bytes(bytes).map_err(shown),
            QueryString => serde_qs::from_bytes(bytes).map_err(shown),
            // `Display` and `Debug` of this error show the document, whatever the message is.
            Toml => toml::from_str(text()?).map_err(|e| e.message().to_owned()),
            TomlTable => text()?
                .parse::<toml::Table>()
                .map_err(|_| String::new())
                .and_then(|table| T::deserialize(table).map_err(shown)),
            Yaml => serde_yaml_ng::from_slice(bytes).map_err(shown),
            MessagePack => rmp_serde::from_slice(bytes).map_err(shown),
            Cbor => ciborium::from_reader(bytes).map_err(shown),
            CborValue => ciborium::from_reader::<ciborium::Value, _>(bytes)
                .map_err(|_| String::new())
                .and_then(|value| value.deserialized().map_err(shown)),
            Postcard => postcard::from_bytes(bytes).map_err(shown),
            Bincode => bincode::deserialize(bytes).map_err(shown),
            Ron => ron::from_str(text()?).map_err(shown),
            Xml => quick_xml::de::from_str(text()?).map_err(shown),
            Csv => csv::Reader::from_reader(bytes)
                .deserialize()
                .next()
                .ok_or_else(String::new)
                .and_then(|row| row.map_err(shown)),
            Plain => serde_plain::from_str(text()?).map_err(shown),
        }
    }
}

/// Returns what an error shows: `Display`, `Debug`, alternate `Debug`, and the same of its sources.
pub fn shown(error: impl Error) -> String {
    let mut text = format!("{error}\n{error:?}\n{error:#?}");
    let mut source = error.source();
    while let Some(error) = source {
        text += &format!("\n{error}\n{error:?}\n{error:#?}");
        source = error.source();
    }
    text
}

/// RFC 7636, Appendix B.
pub const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
/// Numbers that inputs contain beside the secret.
pub const WIDE_DIGITS: i128 = -123_456_789_012_345_678_901_234_567_890_123_456_789;
pub const FRACTION: f64 = 1_234_567.007_812_5;

/// Appendix B's verifier and a new one.
pub fn secrets() -> [&'static str; 2] {
    let generated = CodeVerifier::generate().unwrap();
    [VERIFIER, generated.expose_secret().to_owned().leak()]
}

/// What a program without this crate derives: the control.
#[derive(Deserialize)]
pub struct Derived {
    pub code_challenge: String,
    pub code_challenge_method: DerivedMethod,
}

#[derive(Deserialize)]
pub enum DerivedMethod {
    S256,
    #[serde(rename = "plain")]
    Plain,
}

/// The errors of a format, and those of them that show a part of the input.
pub struct Errors {
    pub format: Format,
    /// How many values were refused.
    pub refused: usize,
    /// The types whose error shows a part of the input.
    pub leaks: Vec<&'static str>,
    runs: Vec<String>,
    seen: HashSet<String>,
}

impl Errors {
    pub fn new(format: Format, secret: &str) -> Self {
        Self {
            format,
            refused: 0,
            leaks: Vec::new(),
            runs: runs(secret),
            seen: HashSet::new(),
        }
    }

    /// Asserts that at least `least` values were refused, and no error shows a part of the input.
    pub fn assert_hidden(&self, least: usize) {
        println!("{:?}: {} errors", self.format, self.refused);
        assert!(self.leaks.is_empty(), "{:?}: {:?}", self.format, self.leaks);
        assert!(self.refused >= least, "{:?}: only {} errors", self.format, self.refused);
    }

    pub fn read<T: DeserializeOwned>(&mut self, bytes: &[u8]) {
        let Err(error) = self.format.read::<T>(bytes) else {
            return;
        };
        if error.is_empty() {
            return; // Not a document of this format.
        }
        self.refused += 1;
        // Most errors are the same few texts.
        if !self.seen.contains(&error) {
            if self.runs.iter().any(|run| error.contains(run)) {
                self.leaks.push(std::any::type_name::<T>());
            }
            self.seen.insert(error);
        }
    }
}

/// Returns six characters in a row of the secret or of one of the numbers, in any notation, from each offset.
fn runs(secret: &str) -> Vec<String> {
    let hex: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let decimal: Vec<String> = secret.bytes().map(|byte| byte.to_string()).collect();
    let windows = |text: &str, len: usize| -> Vec<String> {
        let characters: Vec<char> = text.chars().collect();
        characters.windows(len).map(|run| run.iter().collect()).collect()
    };
    let mut runs = windows(secret, 6);
    runs.extend(windows(&WIDE_DIGITS.to_string(), 6));
    runs.extend(windows(&FRACTION.to_string(), 6));
    runs.extend(windows(&hex, 12));
    runs.extend(windows(&hex.to_uppercase(), 12));
    for separator in [",", ", ", " ", ",\n    "] {
        runs.extend(decimal.windows(6).map(|run| run.join(separator)));
    }
    runs
}
