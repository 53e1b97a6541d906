//! A string or byte buffer that a format passes by value is wiped before it is freed, on every path, even if it is
//! refused. An allocator looks at each block that is freed; a derived type is the control.
#![allow(unsafe_code)] // An allocator cannot be written without.

use std::alloc::{GlobalAlloc, Layout, System};
use std::cell::Cell;
use std::fmt;

use formats::VERIFIER;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier};
use serde::de::value::{MapDeserializer, SeqDeserializer};
use serde::de::{DeserializeOwned, IntoDeserializer, Visitor};
use serde::{Deserialize, Deserializer, forward_to_deserialize_any};

thread_local! {
    /// How many blocks with a part of the verifier this thread has freed, while that is of interest.
    static FREED: Cell<Option<usize>> = const { Cell::new(None) };
}

struct Watching;

// SAFETY: every call is passed on to the system's allocator.
unsafe impl GlobalAlloc for Watching {
    unsafe fn alloc(&self, layout: Layout) -> *mut u8 {
        // Zeroed, so that `dealloc` can read the whole block.
        // SAFETY: the caller keeps the rules of `alloc`, which are the same.
        unsafe { System.alloc_zeroed(layout) }
    }

    unsafe fn dealloc(&self, block: *mut u8, layout: Layout) {
        if let Ok(Some(freed)) = FREED.try_with(Cell::get) {
            // SAFETY: the caller no longer uses the block, which has this size and was zeroed before its first use.
            let bytes = unsafe { std::slice::from_raw_parts(block, layout.size()) };
            FREED.set(Some(freed + usize::from(has_part_of_verifier(bytes))));
        }
        // SAFETY: the block came from `alloc` above, with this layout.
        unsafe { System.dealloc(block, layout) }
    }
}

#[global_allocator]
static ALLOCATOR: Watching = Watching;

/// Eight bytes in a row.
fn has_part_of_verifier(bytes: &[u8]) -> bool {
    bytes
        .windows(8)
        .any(|window| VERIFIER.as_bytes().windows(8).any(|part| part == window))
}

/// A value of a format that passes what it has by value, whatever it is asked for.
#[derive(Clone)]
enum Owned {
    Text(String),
    Bytes(Vec<u8>),
    List(Vec<Owned>),
    Map(Vec<(Owned, Owned)>),
}

use Owned::{Bytes, List, Map, Text};

/// Drops the message, so that nothing but the impl under test can leave a copy.
#[derive(Debug)]
struct Refused;

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("refused")
    }
}

impl std::error::Error for Refused {}

impl serde::de::Error for Refused {
    fn custom<T: fmt::Display>(message: T) -> Self {
        // A message with the input in it leaves a block.
        drop(message.to_string());
        Self
    }
}

impl<'de> Deserializer<'de> for Owned {
    type Error = Refused;

    fn deserialize_any<V: Visitor<'de>>(self, visitor: V) -> Result<V::Value, Refused> {
        match self {
            Text(text) => visitor.visit_string(text),
            Bytes(bytes) => visitor.visit_byte_buf(bytes),
            List(values) => visitor.visit_seq(SeqDeserializer::new(values.into_iter())),
            Map(entries) => visitor.visit_map(MapDeserializer::new(entries.into_iter())),
        }
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf unit unit_struct
        newtype_struct seq tuple tuple_struct map struct enum identifier ignored_any option
    }
}

impl IntoDeserializer<'_, Refused> for Owned {
    type Deserializer = Self;

    fn into_deserializer(self) -> Self {
        self
    }
}

#[derive(Deserialize)]
#[serde(transparent)]
#[expect(dead_code)]
struct Optional(#[serde(with = "pkce_core::expose_secret::option")] Option<CodeVerifier>);

fn text(text: &str) -> Owned {
    Text(text.to_owned())
}

/// Deserializes and drops the value. Returns whether it was accepted, and how many blocks with a part of it were freed.
fn freed<T: DeserializeOwned>(value: Owned) -> (bool, usize) {
    FREED.set(Some(0));
    let accepted = T::deserialize(value).is_ok();
    (accepted, FREED.take().unwrap())
}

#[test]
fn accepted_strings_are_wiped() {
    let fields = Map(vec![
        (text("code_challenge"), text(VERIFIER)),
        (text("code_challenge_method"), text("plain")),
    ]);
    assert_eq!(freed::<CodeVerifier>(text(VERIFIER)), (true, 0));
    assert_eq!(freed::<Optional>(text(VERIFIER)), (true, 0));
    assert_eq!(freed::<CodeChallenge>(fields), (true, 0));
    assert_eq!(
        freed::<CodeChallenge>(List(vec![text(VERIFIER), text("plain")])),
        (true, 0)
    );
}

#[test]
fn refused_strings_and_bytes_are_wiped() {
    // The end is left in the spare capacity.
    let mut truncated = VERIFIER.repeat(2);
    truncated.truncate(20);
    for value in [
        text(&VERIFIER.repeat(3)),
        text(&format!("{VERIFIER}=")),
        text(&VERIFIER[..42]),
        Text(truncated),
        Bytes(VERIFIER.into()),
        Bytes(VERIFIER.repeat(3).into()),
    ] {
        assert_eq!(freed::<CodeVerifier>(value.clone()), (false, 0));
        assert_eq!(freed::<Optional>(value.clone()), (false, 0));
        assert_eq!(freed::<CodeChallengeMethod>(value.clone()), (false, 0));
        assert_eq!(freed::<CodeChallenge>(value.clone()), (false, 0));
        for (challenge, method) in [(value.clone(), text("plain")), (text(VERIFIER), value.clone())] {
            assert_eq!(
                freed::<CodeChallenge>(List(vec![challenge.clone(), method.clone()])),
                (false, 0)
            );
            let entries = [
                (text("code_challenge"), challenge),
                (text("code_challenge_method"), method),
            ];
            assert_eq!(freed::<CodeChallenge>(Map(entries.to_vec())), (false, 0));
        }
        let method_first = vec![
            (text("code_challenge_method"), text("plain")),
            (text("code_challenge"), value.clone()),
        ];
        assert_eq!(freed::<CodeChallenge>(Map(method_first)), (false, 0));
        // As a key, before and after the challenge.
        let challenge = (text("code_challenge"), text(VERIFIER));
        let other = (value, text(""));
        assert_eq!(
            freed::<CodeChallenge>(Map(vec![other.clone(), challenge.clone()])),
            (false, 0)
        );
        assert_eq!(freed::<CodeChallenge>(Map(vec![challenge, other])), (false, 0));
    }
}

#[test]
fn incomplete_and_repeated_fields_are_wiped() {
    let challenge = (text("code_challenge"), text(VERIFIER));
    let method = (text("code_challenge_method"), text("plain"));
    for entries in [
        vec![challenge.clone()],
        vec![challenge.clone(), challenge.clone()],
        vec![challenge.clone(), method.clone(), challenge.clone()],
        vec![challenge.clone(), method.clone(), method],
        vec![challenge, (text("code_challenge_method"), text(VERIFIER))],
    ] {
        assert_eq!(freed::<CodeChallenge>(Map(entries)), (false, 0));
    }
    assert_eq!(freed::<CodeChallenge>(List(vec![text(VERIFIER)])), (false, 0));
}

/// The controls: a derived type drops the string as it is, and serde's default visitor copies it into the error.
#[test]
fn a_derived_impl_leaves_them() {
    #[derive(Deserialize)]
    #[expect(dead_code)]
    struct Derived {
        code_challenge: String,
        code_challenge_method: String,
    }
    assert_eq!(freed::<String>(text(VERIFIER)), (true, 1));
    assert_eq!(freed::<u64>(text(VERIFIER)), (false, 2));
    assert_eq!(freed::<u64>(Bytes(VERIFIER.into())), (false, 1));
    assert_eq!(freed::<Derived>(List(vec![text(VERIFIER), text(VERIFIER)])), (true, 2));
    let other = Map(vec![(text(VERIFIER), text(VERIFIER))]);
    assert_eq!(freed::<Derived>(other), (false, 2));
}
