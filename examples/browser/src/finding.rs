//! The result of a check, in words for the person who typed the text.

use pkce_core::{CodeVerifier, ParseVerifierError};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(getter_with_clone)]
pub struct Finding {
    pub good: bool,
    pub message: String,
    /// The zero-based offset of the first character that is not allowed. All characters before it are ASCII, so bytes,
    /// characters and the units of JavaScript's strings count alike.
    pub position: Option<u32>,
}

impl Finding {
    pub fn good(message: String) -> Self {
        Self {
            good: true,
            message,
            position: None,
        }
    }

    pub fn bad(message: String) -> Self {
        Self {
            good: false,
            message,
            position: None,
        }
    }
}

/// Names the rule of RFC 7636 section 4.1 that a text breaks.
pub fn of_verifier(text: &str, error: ParseVerifierError) -> Finding {
    match error {
        ParseVerifierError::InvalidLength { len } => {
            let short = len < CodeVerifier::MIN_LEN;
            let what = if short { "Too short" } else { "Too long" };
            // The rule counts bytes, which are characters only in ASCII.
            let unit = if text.is_ascii() { "characters" } else { "bytes" };
            Finding::bad(format!("{what}: {len} {unit}. A verifier has 43 to 128 characters."))
        }
        ParseVerifierError::InvalidByte { index } => {
            let character = text
                .get(index..)
                .and_then(|rest| rest.chars().next())
                .map_or_else(String::new, name);
            let rule = "A verifier has only A-Z a-z 0-9 - . _ ~";
            Finding {
                good: false,
                // People count from 1.
                message: format!("Character {} is not allowed: {character}. {rule}", index + 1),
                position: u32::try_from(index).ok(),
            }
        }
        other => Finding::bad(format!("Not a verifier: {other}.")),
    }
}

/// Names a character so that it cannot be confused with one that looks alike or is invisible.
fn name(character: char) -> String {
    let code = u32::from(character);
    match character {
        ' ' => format!("a space (U+{code:04X})"),
        '\n' => format!("a line break (U+{code:04X})"),
        '\t' => format!("a tab (U+{code:04X})"),
        _ if character.is_ascii_graphic() => format!("{character} (U+{code:04X})"),
        _ if character.is_alphanumeric() => format!("{character} (U+{code:04X}), which is not ASCII"),
        _ => format!("U+{code:04X}"),
    }
}
