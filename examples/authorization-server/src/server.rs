//! What all endpoints share.

use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::StatusCode;
use axum::response::{IntoResponse as _, Response};
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use pkce_core::{
    AuthorizationError, CodeChallenge, CodeChallengeMethod, LenientPolicy, PkceOutcome, ServerPolicy, TokenError,
};

use crate::clients::Client;
use crate::store::Store;
use crate::{authorize, metadata, token};

/// No body is read beyond this. (The HTTP library bounds the query.)
pub const BODY_LIMIT: usize = 16 * 1024;

pub struct Server {
    pub issuer: String,
    pub clients: Vec<Client>,
    /// The same for both requests of a login.
    pub policy: Policy,
    pub code_lifetime: i64,
    pub store: Store,
}

/// Which of the two policies the flags chose.
#[derive(Clone, Copy)]
pub enum Policy {
    Strict(ServerPolicy),
    Lenient(LenientPolicy),
}

impl Policy {
    pub fn methods_supported(&self) -> &'static [CodeChallengeMethod] {
        match self {
            Self::Strict(policy) => policy.methods_supported(),
            Self::Lenient(policy) => policy.methods_supported(),
        }
    }

    pub fn check_authorization_request(
        &self,
        challenge: Option<&str>,
        method: Option<&str>,
    ) -> Result<Option<CodeChallenge>, AuthorizationError> {
        match self {
            Self::Strict(policy) => policy.check_authorization_request(challenge, method).map(Some),
            Self::Lenient(policy) => policy.check_authorization_request(challenge, method),
        }
    }

    pub fn check_token_request(
        &self,
        stored: Option<&CodeChallenge>,
        verifier: Option<&str>,
    ) -> Result<(), TokenError> {
        match self {
            Self::Strict(policy) => policy.check_token_request(stored, verifier),
            // A server with confidential clients would authenticate them where PKCE was not used.
            Self::Lenient(policy) => match policy.check_token_request(stored, verifier)? {
                PkceOutcome::Verified | PkceOutcome::NotUsed => Ok(()),
            },
        }
    }
}

pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/.well-known/oauth-authorization-server", get(metadata::show))
        .route("/authorize", get(authorize::show).post(authorize::decide))
        .route("/token", post(token::token))
        .layer(DefaultBodyLimit::max(BODY_LIMIT))
        .with_state(server)
}

/// Runs what waits for the database away from the threads that serve the sockets.
pub async fn blocking(work: impl FnOnce() -> Response + Send + 'static) -> Response {
    match tokio::task::spawn_blocking(work).await {
        Ok(response) => response,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR.into_response(),
    }
}

/// A code or a token that nobody guesses: 256 random bits.
pub fn random_text() -> Result<String, getrandom::Error> {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(octets))
}

/// Seconds since 1970. A clock that is set before that counts as the end of time: codes end early rather than late.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since
        .ok()
        .and_then(|d| i64::try_from(d.as_secs()).ok())
        .unwrap_or(i64::MAX)
}
