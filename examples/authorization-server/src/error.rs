//! What a request is refused with, at both endpoints.

use axum::http::StatusCode;
use pkce_core::{AuthorizationError, TokenError};

use crate::parameters::Repeated;
use crate::store::StoreError;

/// An `error` code of RFC 6749 with its `error_description`. The token endpoint and the pages use the status.
#[derive(Debug)]
pub struct OAuthError {
    pub status: StatusCode,
    pub code: &'static str,
    pub description: String,
}

impl OAuthError {
    pub fn new(code: &'static str, description: &str) -> Self {
        Self {
            status: StatusCode::BAD_REQUEST,
            code,
            description: description.to_owned(),
        }
    }

    pub fn invalid_request(description: &str) -> Self {
        Self::new("invalid_request", description)
    }

    /// A fault of the server. The client learns no more than that; the log has the reason.
    fn server_error() -> Self {
        Self {
            status: StatusCode::INTERNAL_SERVER_ERROR,
            ..Self::new("server_error", "The server failed to process the request")
        }
    }
}

impl From<Repeated> for OAuthError {
    fn from(Repeated(name): Repeated) -> Self {
        Self::invalid_request(&format!("The request has more than one {name}"))
    }
}

impl From<AuthorizationError> for OAuthError {
    fn from(e: AuthorizationError) -> Self {
        Self::new(e.oauth_error(), &e.to_string())
    }
}

impl From<TokenError> for OAuthError {
    fn from(e: TokenError) -> Self {
        Self::new(e.oauth_error(), &e.to_string())
    }
}

impl From<StoreError> for OAuthError {
    fn from(e: StoreError) -> Self {
        match e {
            StoreError::Busy => Self {
                status: StatusCode::SERVICE_UNAVAILABLE,
                ..Self::new("temporarily_unavailable", "The server is busy. Try again later")
            },
            // `StoredChallengeError::oauth_error` is "server_error", too.
            StoreError::Database(_) | StoreError::Challenge(_) => Self::server_error(),
        }
    }
}

impl From<getrandom::Error> for OAuthError {
    fn from(e: getrandom::Error) -> Self {
        eprintln!("authorization-server: random number generator: {e}");
        Self::server_error()
    }
}
