//! Both policy types behind one interface, so that one table covers all of their settings.

use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, LenientPolicy, PkceOutcome, ServerPolicy, TokenError,
};

/// The settings of a policy. Where PKCE is required, the decisions are those of a `ServerPolicy`, and asserted to be those
/// of a `LenientPolicy` with `require_pkce`.
#[derive(Clone, Copy, Debug)]
pub struct Policy {
    pub required: bool,
    pub plain: bool,
}

pub const POLICIES: [Policy; 4] = [
    Policy::new(true, false),
    Policy::new(true, true),
    Policy::new(false, false),
    Policy::new(false, true),
];

impl Policy {
    pub const fn new(required: bool, plain: bool) -> Self {
        Self { required, plain }
    }

    const fn strict(self) -> ServerPolicy {
        match self.plain {
            true => ServerPolicy::new().allow_plain(),
            false => ServerPolicy::new(),
        }
    }

    pub const fn lenient(self) -> LenientPolicy {
        let policy = ServerPolicy::new().allow_non_pkce();
        let policy = policy.require_pkce(self.required);
        match self.plain {
            true => policy.allow_plain(),
            false => policy,
        }
    }

    pub const fn methods_supported(self) -> &'static [CodeChallengeMethod] {
        match self.required {
            true => self.strict().methods_supported(),
            false => self.lenient().methods_supported(),
        }
    }

    /// A challenge that a strict policy accepts is always `Some`.
    pub fn check_authorization_request(
        self,
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Result<Option<CodeChallenge>, AuthorizationError> {
        let result = self.lenient().check_authorization_request(challenge, method);
        if self.required {
            let strict = self.strict().check_authorization_request(challenge, method);
            assert_eq!(result, strict.map(Some));
        }
        result
    }

    /// A verifier that a strict policy accepts is always `Verified`.
    pub fn check_token_request(
        self,
        stored: Option<&CodeChallenge>,
        verifier: Option<&str>,
    ) -> Result<PkceOutcome, TokenError> {
        let result = self.lenient().check_token_request(stored, verifier);
        if self.required {
            let strict = self.strict().check_token_request(stored, verifier);
            assert_eq!(result, strict.map(|()| PkceOutcome::Verified));
        }
        result
    }
}
