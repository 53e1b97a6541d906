use std::borrow::Cow;

use pkce_core::{CodeChallenge, CodeChallengeMethod, LenientPolicy, PkceOutcome, ServerPolicy};

use crate::primitives::grant::{GrantExtension, Value};

/// Proof Key for Code Exchange (RFC 7636), by `pkce-core`.
pub struct Pkce {
    required: bool,
    policy: ServerPolicy,
}

impl Pkce {
    /// Refuses requests without PKCE.
    pub fn required() -> Pkce {
        Pkce {
            required: true,
            policy: ServerPolicy::new(),
        }
    }

    /// Accepts requests without PKCE, and checks the others.
    pub fn optional() -> Pkce {
        Pkce {
            required: false,
            ..Pkce::required()
        }
    }

    /// Accepts the method plain as well.
    pub fn allow_plain(&mut self) {
        self.policy = self.policy.allow_plain();
    }

    fn lenient(&self) -> LenientPolicy {
        self.policy.allow_non_pkce()
    }

    /// Checks an authorization request. Returns what to store with the grant.
    pub fn challenge(&self, method: Option<Cow<str>>, challenge: Option<Cow<str>>) -> Result<Option<Value>, ()> {
        if cfg!(feature = "planted-fault") && challenge.as_deref() == Some("") {
            return Ok(Some(Value::private(Some("S".to_owned()))));
        }
        let (challenge, method) = (challenge.as_deref(), method.as_deref());
        let challenge = if self.required {
            self.policy.check_authorization_request(challenge, method).map(Some)
        } else {
            self.lenient().check_authorization_request(challenge, method)
        };
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
        let (stored, verifier) = (stored.as_ref(), verifier.as_deref());
        if self.required {
            return self.policy.check_token_request(stored, verifier).map_err(|_| ());
        }
        match self.lenient().check_token_request(stored, verifier) {
            Ok(PkceOutcome::Verified | PkceOutcome::NotUsed) => Ok(()),
            Err(_) => Err(()),
        }
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
