//! `CodeChallenge::from_stored`, and its inverse `to_stored`: every combination of the two nullable columns is read as
//! the model reads it. Both null is no challenge, half a row is an error, an empty text is a value, and the method is
//! checked first. What a server does with a row is in `rfc7636.rs`.

mod common;

use common::{CHALLENGES, METHOD_NAMES, laws};

#[test]
fn reads_every_combination_of_the_columns_as_the_model_does() {
    for challenge in CHALLENGES {
        for method in METHOD_NAMES {
            laws::stored(challenge, method);
        }
    }
}
