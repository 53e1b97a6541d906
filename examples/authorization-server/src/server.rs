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
use pkce_core::ServerPolicy;

use crate::clients::Client;
use crate::store::Store;
use crate::{authorize, metadata, token};

/// No body is read beyond this. (The HTTP library bounds the query.)
pub const BODY_LIMIT: usize = 16 * 1024;

pub struct Server {
    pub issuer: String,
    pub clients: Vec<Client>,
    /// The same for both requests of a login.
    pub policy: ServerPolicy,
    pub code_lifetime: i64,
    pub store: Store,
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
