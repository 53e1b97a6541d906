//! `expose_secret` and `expose_secret::option` for every owner of a verifier, and for the verifier itself.
#![cfg(feature = "serde")]

mod common;

use std::rc::Rc;
use std::sync::Arc;

use common::VERIFIER;
use pkce_core::{CodeVerifier, expose_secret};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

/// A session that is cloned, as those of web frameworks are: the verifier is not.
#[derive(Clone, Serialize, Deserialize)]
struct Session {
    #[serde(with = "pkce_core::expose_secret")]
    arc: Arc<CodeVerifier>,
    #[serde(with = "pkce_core::expose_secret")]
    rc: Rc<CodeVerifier>,
    #[serde(with = "pkce_core::expose_secret::option", default)]
    optional: Option<Arc<CodeVerifier>>,
}

#[derive(Serialize, Deserialize)]
struct Owned {
    #[serde(with = "pkce_core::expose_secret")]
    plain: CodeVerifier,
    #[serde(with = "pkce_core::expose_secret")]
    boxed: Box<CodeVerifier>,
    #[serde(serialize_with = "expose_secret::option::serialize")]
    #[serde(deserialize_with = "expose_secret::option::deserialize")]
    optional: Option<Box<CodeVerifier>>,
}

#[test]
fn shared_verifiers_are_written_and_read() {
    let value = json!({"arc": VERIFIER, "rc": VERIFIER, "optional": VERIFIER});
    let session: Session = serde_json::from_value(value.clone()).unwrap();
    let other = session.clone();
    assert!(Arc::ptr_eq(&session.arc, &other.arc) && Rc::ptr_eq(&session.rc, &other.rc));
    assert_eq!(serde_json::to_value(&other).unwrap(), value);

    let value = json!({"arc": VERIFIER, "rc": VERIFIER, "optional": null});
    let session: Session = serde_json::from_value(value.clone()).unwrap();
    assert!(session.optional.is_none());
    assert_eq!(serde_json::to_value(&session).unwrap(), value);
}

#[test]
fn owned_verifiers_are_written_and_read() {
    let value = json!({"plain": VERIFIER, "boxed": VERIFIER, "optional": VERIFIER});
    let owned: Owned = serde_json::from_value(value.clone()).unwrap();
    assert_eq!(serde_json::to_value(&owned).unwrap(), value);
}

/// The functions are called by hand as well, with a reference and with a binding that says the type.
#[test]
fn the_functions_need_no_type_arguments() {
    let verifier: CodeVerifier = expose_secret::deserialize(json!(VERIFIER)).unwrap();
    assert_eq!(
        expose_secret::serialize(&verifier, serde_json::value::Serializer).unwrap(),
        VERIFIER
    );
    assert_eq!(
        expose_secret::serialize(&&verifier, serde_json::value::Serializer).unwrap(),
        VERIFIER
    );
    let verifier: Option<Arc<CodeVerifier>> = expose_secret::option::deserialize(Value::Null).unwrap();
    assert!(verifier.is_none());
}

#[test]
fn a_malformed_verifier_has_no_owner() {
    for owner in ["arc", "rc", "optional"] {
        let mut value = json!({"arc": VERIFIER, "rc": VERIFIER, "optional": VERIFIER});
        for (wrong, reason) in [
            (
                json!("short"),
                "invalid length 5: a code_verifier has 43 to 128 characters",
            ),
            (json!([VERIFIER]), "cannot read a code_verifier: expected a string"),
        ] {
            value[owner] = wrong;
            let error = serde_json::from_value::<Session>(value.clone()).err().unwrap();
            assert_eq!(error.to_string(), reason, "{owner}");
        }
    }
}
