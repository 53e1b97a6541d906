//! The token endpoint: a code and a verifier for an access token (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::extract::rejection::BytesRejection;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CACHE_CONTROL, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::error::OAuthError;
use crate::parameters::Parameters;
use crate::server::{Server, blocking, now, random_text};

pub async fn token(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    if headers.contains_key(AUTHORIZATION) {
        return refuse(&no_secrets());
    }
    match Parameters::from_form(&headers, body) {
        Ok(parameters) => blocking(move || answer(&server, &parameters)).await,
        Err(e) => refuse(&e),
    }
}

fn answer(server: &Server, parameters: &Parameters) -> Response {
    match redeem(server, parameters) {
        // Stored nowhere: there is nothing that it opens.
        Ok(access_token) => json_answer(
            StatusCode::OK,
            &json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 3600}),
        ),
        Err(e) => refuse(&e),
    }
}

/// A request that is not one, because something in it is missing or repeated, ends here before it reaches a code. Any
/// other one is a redemption: it ends the code of its client, whether or not it succeeds.
///
/// Servers differ in the latter. Here a stolen code gives one guess at the verifier, and a client that makes a mistake
/// starts anew. The price is that whoever knows the code can spoil its owner's login, since the client id that has to go
/// with it is public. A server that ends the code only on success is spared that, and must then bound
/// the guesses otherwise, above all for `plain` and for verifiers that were made badly.
fn redeem(server: &Server, parameters: &Parameters) -> Result<String, OAuthError> {
    let grant_type = parameters.get("grant_type")?;
    let client_id = parameters.get("client_id")?;
    let client_secret = parameters.get("client_secret")?;
    let code = parameters.get("code")?;
    let redirect_uri = parameters.get("redirect_uri")?;
    let verifier = parameters.get("code_verifier")?;

    match grant_type {
        Some("authorization_code") => {}
        Some(_) => {
            return Err(OAuthError::new(
                "unsupported_grant_type",
                "grant_type must be authorization_code",
            ));
        }
        None => return Err(OAuthError::invalid_request("grant_type is missing")),
    }
    if client_secret.is_some() {
        return Err(no_secrets());
    }
    let client_id = client_id.ok_or_else(|| OAuthError::invalid_request("client_id is missing"))?;
    if !server.clients.iter().any(|c| c.id == client_id) {
        return Err(OAuthError::new(
            "invalid_client",
            "no client with this client_id is registered",
        ));
    }
    let code = code.ok_or_else(|| OAuthError::invalid_request("code is missing"))?;

    let refused = || {
        OAuthError::new(
            "invalid_grant",
            "code is unknown, used, expired, or was issued to another client",
        )
    };
    let grant = server.store.redeem(code, client_id, now())?.ok_or_else(refused)?;
    if grant.redirect_uri.as_deref() != redirect_uri {
        return Err(OAuthError::new(
            "invalid_grant",
            "redirect_uri is not that of the authorization request",
        ));
    }
    server.policy.check_token_request(grant.challenge.as_ref(), verifier)?;
    Ok(random_text()?)
}

fn no_secrets() -> OAuthError {
    OAuthError {
        status: StatusCode::UNAUTHORIZED,
        ..OAuthError::new(
            "invalid_client",
            "clients of this server have no secret and do not authenticate",
        )
    }
}

fn refuse(e: &OAuthError) -> Response {
    let body = json!({"error": e.code, "error_description": e.description});
    let mut response = json_answer(e.status, &body);
    if e.status == StatusCode::UNAUTHORIZED {
        response
            .headers_mut()
            .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
    }
    response
}

fn json_answer(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json"), (CACHE_CONTROL, "no-store")];
    (status, headers, body.to_string()).into_response()
}
