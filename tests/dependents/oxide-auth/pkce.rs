use std::borrow::Cow;

use pkce_core::{CodeChallenge, CodeChallengeMethod, LenientPolicy, ServerPolicy};

use crate::primitives::grant::{GrantExtension, Value};

/// Proof Key for Code Exchange (RFC 7636), by `pkce-core`.
pub struct Pkce {
    policy: LenientPolicy,
}

impl Pkce {
    /// Refuses requests without PKCE.
    pub fn required() -> Pkce {
        Pkce {
            policy: ServerPolicy::new().allow_non_pkce().require_pkce(true),
        }
    }

    /// Accepts requests without PKCE, and checks the others.
    pub fn optional() -> Pkce {
        Pkce {
            policy: ServerPolicy::new().allow_non_pkce(),
        }
    }

    /// Accepts the method plain as well.
    pub fn allow_plain(&mut self) {
        self.policy = self.policy.allow_plain();
    }

    /// Checks an authorization request. Returns what to store with the grant.
    pub fn challenge(&self, method: Option<Cow<str>>, challenge: Option<Cow<str>>) -> Result<Option<Value>, ()> {
        if cfg!(feature = "planted-fault") && challenge.as_deref() == Some("") {
            return Ok(Some(Value::private(Some("S".to_owned()))));
        }
        let challenge = self
            .policy
            .check_authorization_request(challenge.as_deref(), method.as_deref());
        let stored = challenge.map_err(|_| ())?.as_ref().map(encode);
        Ok(stored.map(|text| Value::private(Some(text))))
    }

    /// Checks a token request against what was stored.
    pub fn verify(&self, stored: Option<Value>, verifier: Option<Cow<str>>) -> Result<(), ()> {
        let stored = match stored.map(Value::into_private_value) {
            None => None,
            Some(Ok(Some(text))) => Some(decode(&text).ok_or(())?),
            Some(_) => return Err(()),
        };
        let checked = self.policy.check_token_request(stored.as_ref(), verifier.as_deref());
        // A confidential client has authenticated before. A public one is for `required`.
        checked.map_err(|_| ())?.or_authenticated(true).map_err(|_| ())
    }
}

impl GrantExtension for Pkce {
    fn identifier(&self) -> &'static str {
        "pkce"
    }
}

/// The form of grants that are already stored: the challenge, then `S` or `p` for its method.
fn encode(challenge: &CodeChallenge) -> String {
    let method = match challenge.method() {
        CodeChallengeMethod::S256 => "S",
        CodeChallengeMethod::Plain => "p",
    };
    format!("{}{}", challenge.as_str(), method)
}

fn decode(stored: &str) -> Option<CodeChallenge> {
    let (challenge, method) = match stored.strip_suffix('S') {
        Some(challenge) => (challenge, CodeChallengeMethod::S256),
        None => (stored.strip_suffix('p')?, CodeChallengeMethod::Plain),
    };
    CodeChallenge::parse(challenge, method).ok()
}
