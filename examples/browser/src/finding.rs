//! The result of a check, in words for the person who typed the text.

use pkce_core::{CodeVerifier, ParseVerifierError};
use wasm_bindgen::prelude::wasm_bindgen;

#[wasm_bindgen(getter_with_clone)]
#[derive(Default)]
pub struct Finding {
    pub good: bool,
    pub message: String,
    /// The value at fault, `verifier` or `challenge`, or empty if neither is.
    pub fault: String,
    /// The zero-based offset of the first character that is not allowed. All characters before it are ASCII, so bytes,
    /// characters and the units of JavaScript's strings count alike.
    pub position: Option<u32>,
}

impl Finding {
    pub fn good(message: String) -> Self {
        Self {
            good: true,
            message,
            ..Self::default()
        }
    }

    pub fn bad(fault: &str, message: String) -> Self {
        Self {
            message,
            fault: fault.to_owned(),
            ..Self::default()
        }
    }
}

/// Names the rule of RFC 7636 section 4.1 that a text breaks.
pub fn of_verifier(text: &str, error: ParseVerifierError) -> Finding {
    let mut position = None;
    let message = match error {
        ParseVerifierError::InvalidLength { len } => {
            let short = len < CodeVerifier::MIN_LEN;
            let what = if short { "Too short" } else { "Too long" };
            // The rule counts bytes, which are characters only in ASCII.
            let unit = match len {
                1 => "character",
                _ if text.is_ascii() => "characters",
                _ => "bytes",
            };
            format!("{what}: {len} {unit}. A verifier has 43 to 128 characters.")
        }
        ParseVerifierError::InvalidByte { index } => {
            position = u32::try_from(index).ok();
            let character = text.get(index..).and_then(|rest| rest.chars().next());
            let character = character.map_or_else(String::new, name);
            let rule = "A verifier has only ASCII letters, digits, and - . _ ~. Offsets count from 0.";
            format!("The character at offset {index} is not allowed: {character}. {rule}")
        }
        other => format!("Not a verifier: {other}."),
    };
    Finding {
        position,
        ..Finding::bad("verifier", message)
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
        _ if character.is_ascii() => format!("U+{code:04X}"),
        _ => format!("U+{code:04X}, which is not ASCII"),
    }
}

/// Says how to correct a value that a known fault of an encoder has made. Each sentence has a space before it.
pub fn hints(text: &str) -> String {
    let value = text.trim();
    let mut hints = String::new();
    if value != text {
        hints += " Remove the white space around it, such as the line break of a shell command.";
    }
    if value.ends_with('=') {
        hints += " Remove the padding, the = at its end.";
    }
    if value.contains(['+', '/']) {
        hints += " Use base64url, which has - and _ in place of + and /.";
    }
    if value.len() == 64 && value.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        hints += " These are hexadecimal digits: encode the 32 octets of the hash, not their digits, in base64url.";
    }
    hints
}
