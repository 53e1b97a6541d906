//! Both policy types behind one interface, so that one table covers all of their settings.
#![allow(dead_code)] // Not every test file uses all of it.

use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, LenientPolicy, PkceOutcome, ServerPolicy, TokenError,
};

/// A policy with the two switches that made it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Policy {
    pub(crate) plain: bool,
    pub(crate) non_pkce: bool,
    kind: Kind,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Strict(ServerPolicy),
    Lenient(LenientPolicy),
}

pub(crate) const POLICIES: [Policy; 4] = [
    Policy::new(false, false),
    Policy::new(true, false),
    Policy::new(false, true),
    Policy::new(true, true),
];

impl Policy {
    pub(crate) const fn new(plain: bool, non_pkce: bool) -> Self {
        let policy = ServerPolicy::new();
        let kind = match (plain, non_pkce) {
            (false, false) => Kind::Strict(policy),
            (true, false) => Kind::Strict(policy.allow_plain()),
            (false, true) => Kind::Lenient(policy.allow_non_pkce()),
            (true, true) => Kind::Lenient(policy.allow_non_pkce().allow_plain()),
        };
        Self { plain, non_pkce, kind }
    }

    pub(crate) const fn methods_supported(&self) -> &'static [CodeChallengeMethod] {
        match &self.kind {
            Kind::Strict(policy) => policy.methods_supported(),
            Kind::Lenient(policy) => policy.methods_supported(),
        }
    }

    /// A challenge that a strict policy accepts is always `Some`.
    pub(crate) fn check_authorization_request(
        &self,
        code_challenge: Option<&str>,
        code_challenge_method: Option<&str>,
    ) -> Result<Option<CodeChallenge>, AuthorizationError> {
        match &self.kind {
            Kind::Strict(policy) => policy
                .check_authorization_request(code_challenge, code_challenge_method)
                .map(Some),
            Kind::Lenient(policy) => policy.check_authorization_request(code_challenge, code_challenge_method),
        }
    }

    /// A verifier that a strict policy accepts is always `Verified`.
    pub(crate) fn check_token_request(
        &self,
        stored: Option<&CodeChallenge>,
        code_verifier: Option<&str>,
    ) -> Result<PkceOutcome, TokenError> {
        match &self.kind {
            Kind::Strict(policy) => policy
                .check_token_request(stored, code_verifier)
                .map(|()| PkceOutcome::Verified),
            Kind::Lenient(policy) => policy.check_token_request(stored, code_verifier),
        }
    }
}
