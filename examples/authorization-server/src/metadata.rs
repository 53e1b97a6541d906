//! What a client can know before its first request (RFC 8414).

use std::sync::Arc;

use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::{IntoResponse as _, Response};
use serde_json::json;

use crate::server::Server;

pub async fn show(State(server): State<Arc<Server>>) -> Response {
    let issuer = &server.issuer;
    let methods: Vec<&str> = server.policy.methods_supported().iter().map(|m| m.as_str()).collect();
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code"],
        "token_endpoint_auth_methods_supported": ["none"],
        "code_challenge_methods_supported": methods,
        "authorization_response_iss_parameter_supported": true,
    });
    ([(CONTENT_TYPE, "application/json")], metadata.to_string()).into_response()
}
