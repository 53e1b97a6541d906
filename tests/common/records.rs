//! What programs write and read with serde: a session of a client, and a request and a row of a server.

use pkce_core::{CodeChallenge, CodeVerifier};
use serde::{Deserialize, Serialize};

#[derive(Serialize, Deserialize)]
pub(crate) struct Session {
    #[serde(with = "pkce_core::expose_secret")]
    pub(crate) verifier: CodeVerifier,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct OptionalSession {
    #[serde(with = "pkce_core::expose_secret::option", default)]
    pub(crate) verifier: Option<CodeVerifier>,
}

#[derive(Serialize, Deserialize)]
pub(crate) struct Request {
    pub(crate) client_id: String,
    #[serde(flatten)]
    pub(crate) pkce: CodeChallenge,
    pub(crate) state: String,
}

#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Row {
    pub(crate) code: String,
    pub(crate) pkce: Option<CodeChallenge>,
}
