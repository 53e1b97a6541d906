//! The formats that programs use, behind one pair of functions.

use std::error::Error;

use serde::Serialize;
use serde::de::DeserializeOwned;

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
        match self {
            JsonStr | JsonReader | JsonValue => serde_json::to_vec(value).ok(),
            Form => serde_urlencoded::to_string(value).ok().map(String::into_bytes),
            QueryString => serde_qs::to_string(value).ok().map(String::into_bytes),
            Toml | TomlTable => toml::to_string(value).ok().map(String::into_bytes),
            Yaml => serde_yaml_ng::to_string(value).ok().map(String::into_bytes),
            MessagePack => rmp_serde::to_vec_named(value).ok(),
            Cbor | CborValue => {
                let mut bytes = Vec::new();
                ciborium::into_writer(value, &mut bytes).ok().map(|()| bytes)
            }
            Postcard => postcard::to_allocvec(value).ok(),
            Bincode => bincode::serialize(value).ok(),
            Ron => ron::to_string(value).ok().map(String::into_bytes),
            Xml => quick_xml::se::to_string_with_root("root", value)
                .ok()
                .map(String::into_bytes),
            Csv => {
                let mut writer = csv::Writer::from_writer(Vec::new());
                writer.serialize(value).ok()?;
                writer.into_inner().ok()
            }
            Plain => serde_plain::to_string(value).ok().map(String::into_bytes),
        }
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
