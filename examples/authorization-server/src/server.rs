//! What all endpoints share.

use std::error::Error as _;
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use axum::Router;
use axum::body::{self, Body};
use axum::extract::Request;
use axum::http::{StatusCode, Uri};
use axum::middleware::{self, Next};
use axum::response::Response;
use axum::routing::{get, post};
use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use http_body_util::LengthLimitError;
use pkce_core::LenientPolicy;
use tokio::time::timeout;

use crate::clients::Clients;
use crate::error::OAuthError;
use crate::store::Store;
use crate::{authorize, metadata, page, token};

/// No body is read beyond this. (`connections.rs` bounds the query.)
const BODY_LIMIT: usize = 16 * 1024;

/// How long a client may take for the body of a request.
const BODY_TIME: Duration = Duration::from_secs(5);

pub struct Server {
    pub issuer: String,
    pub clients: Clients,
    /// What the metadata says. Each client has a policy of its own, which does not accept more methods.
    pub policy: LenientPolicy,
    pub code_lifetime: i64,
    pub store: Store,
}

pub fn router(server: Arc<Server>) -> Router {
    Router::new()
        .route("/", get(page::home))
        .route("/.well-known/oauth-authorization-server", get(metadata::show))
        .route("/authorize", get(authorize::show).post(authorize::decide))
        .route("/token", post(token::token))
        .fallback(not_found)
        .method_not_allowed_fallback(method_not_allowed)
        .layer(middleware::from_fn(read_body))
        .with_state(server)
}

/// Reads the whole body before the handler runs.
async fn read_body(request: Request, next: Next) -> Response {
    let (parts, body) = request.into_parts();
    let (status, problem) = match timeout(BODY_TIME, body::to_bytes(body, BODY_LIMIT)).await {
        Ok(Ok(body)) => return next.run(Request::from_parts(parts, Body::from(body))).await,
        Ok(Err(e)) if e.source().is_some_and(|e| e.is::<LengthLimitError>()) => {
            (StatusCode::PAYLOAD_TOO_LARGE, "The body is too large")
        }
        Ok(Err(_)) => (StatusCode::BAD_REQUEST, "The body was cut off"),
        Err(_) => (StatusCode::REQUEST_TIMEOUT, "The body took too long to arrive"),
    };
    refuse(&parts.uri, status, problem)
}

async fn not_found(uri: Uri) -> Response {
    refuse(&uri, StatusCode::NOT_FOUND, "There is nothing at this address")
}

async fn method_not_allowed(uri: Uri) -> Response {
    let problem = "This address does not accept the HTTP method";
    refuse(&uri, StatusCode::METHOD_NOT_ALLOWED, problem)
}

/// An error in the form that the endpoint uses.
fn refuse(uri: &Uri, status: StatusCode, problem: &str) -> Response {
    let e = OAuthError {
        status,
        ..OAuthError::invalid_request(problem)
    };
    match uri.path() {
        "/token" => token::refuse(&e),
        _ => page::refuse(&e),
    }
}

/// Returns 256 random bits as text, for a code or a token.
pub fn random_text() -> Result<String, getrandom::Error> {
    let mut octets = [0; 32];
    getrandom::fill(&mut octets)?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(octets))
}

/// Returns the seconds since 1970. If the clock is set before that, every code has expired.
pub fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since
        .ok()
        .and_then(|d| i64::try_from(d.as_secs()).ok())
        .unwrap_or(i64::MAX)
}
