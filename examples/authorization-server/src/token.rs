//! The token endpoint: a code and a verifier for an access token (RFC 6749 section 4.1.3, RFC 7636 section 4.5).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{AUTHORIZATION, CONTENT_TYPE, HeaderMap, HeaderValue, WWW_AUTHENTICATE};
use axum::response::{IntoResponse as _, Response};
use serde_json::{Value, json};

use crate::error::OAuthError;
use crate::page::NO_STORE;
use crate::parameters::Parameters;
use crate::server::{Server, random_text};

pub async fn token(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    if headers.contains_key(AUTHORIZATION) {
        return refuse(&no_secrets());
    }
    let redeemed = match Parameters::from_form(&headers, &body) {
        Ok(parameters) => redeem(&server, &parameters).await,
        Err(e) => Err(e),
    };
    match redeemed {
        // It is not stored, because there is no resource that would check it.
        Ok(access_token) => json_response(
            StatusCode::OK,
            &json!({"access_token": access_token, "token_type": "Bearer", "expires_in": 3600}),
        ),
        Err(e) => refuse(&e),
    }
}

/// A request in which something is missing or repeated is refused before it reaches a code. Any other one ends the code
/// of its client, whether or not it succeeds.
///
/// Servers differ in the latter. Here a stolen code gives one guess at the verifier, and a client that makes a mistake
/// starts over. In return, anyone who knows the code can spoil its owner's login, because the client id that has to go
/// with it is public. A server that ends the code only on success must bound the guesses by other means, above all for
/// `plain` and for verifiers that were generated badly.
async fn redeem(server: &Server, parameters: &Parameters) -> Result<String, OAuthError> {
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
        None => return Err(OAuthError::invalid_request("The request has no grant_type")),
    }
    if client_secret.is_some() {
        return Err(no_secrets());
    }
    let client_id = client_id.ok_or_else(|| OAuthError::invalid_request("The request has no client_id"))?;
    let client = server
        .clients
        .find(client_id)
        .ok_or_else(|| OAuthError::new("invalid_client", "No client with this client_id is registered"))?;
    let code = code.ok_or_else(|| OAuthError::invalid_request("The request has no code"))?;

    let refused = || {
        OAuthError::new(
            "invalid_grant",
            "The code is unknown, used, expired, or was issued to another client",
        )
    };
    let grant = server.store.redeem(code, client_id).await?.ok_or_else(refused)?;
    if grant.redirect_uri.as_deref() != redirect_uri {
        return Err(OAuthError::new(
            "invalid_grant",
            "The redirect_uri is not that of the authorization request",
        ));
    }
    let outcome = client.policy.check_token_request(grant.challenge.as_ref(), verifier)?;
    // Without PKCE the client must authenticate. This server has no secrets to check; a real one must not say `true` here.
    outcome.or_authenticated(true)?;
    Ok(random_text()?)
}

fn no_secrets() -> OAuthError {
    OAuthError {
        status: StatusCode::UNAUTHORIZED,
        ..OAuthError::new(
            "invalid_client",
            "Clients of this server have no secret and do not authenticate",
        )
    }
}

pub fn refuse(e: &OAuthError) -> Response {
    let body = json!({"error": e.code, "error_description": e.description});
    let mut response = json_response(e.status, &body);
    if e.status == StatusCode::UNAUTHORIZED {
        // RFC 7617 section 2 requires a realm.
        let challenge = HeaderValue::from_static("Basic realm=\"authorization-server\"");
        response.headers_mut().insert(WWW_AUTHENTICATE, challenge);
    }
    response
}

fn json_response(status: StatusCode, body: &Value) -> Response {
    let headers = [(CONTENT_TYPE, "application/json")];
    (status, headers, NO_STORE, body.to_string()).into_response()
}
