//! The authorization endpoint: checks the request, asks the user, and redirects back (RFC 6749 section 4.1.1).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::http::header::{HeaderMap, LOCATION, REFERRER_POLICY};
use axum::response::{IntoResponse as _, Response};
use pkce_core::{CodeChallenge, LenientPolicy};
use url::form_urlencoded;

use crate::error::OAuthError;
use crate::page::{self, NO_STORE};
use crate::parameters::Parameters;
use crate::server::{Server, now, random_text};
use crate::store::Grant;

/// Where the response goes, and what goes back with it.
struct Target<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
    issuer: &'a str,
}

/// An authorization request that may be granted.
struct Request<'a> {
    target: Target<'a>,
    client_id: &'a str,
    redirect_uri: Option<&'a str>,
    scope: Option<&'a str>,
    challenge: Option<CodeChallenge>,
}

/// Shows the consent page. A decision in the query is ignored: following a link is not pressing a button.
pub async fn show(State(server): State<Arc<Server>>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    match check(&server, &parameters) {
        Ok(request) => consent(&request, &parameters),
        Err(response) => *response,
    }
}

/// The form comes back with the same parameters. Whoever sends it can change them, so all are checked again.
pub async fn decide(State(server): State<Arc<Server>>, headers: HeaderMap, body: Bytes) -> Response {
    let parameters = match Parameters::from_form(&headers, &body) {
        Ok(parameters) => parameters,
        Err(e) => return page::refuse(&e),
    };
    let request = match check(&server, &parameters) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let target = &request.target;
    match parameters.get("decision") {
        Ok(Some("allow")) => match issue_code(&server, &request).await {
            Ok(code) => target.redirect(&[("code", &code)]),
            Err(e) => target.refuse(&e),
        },
        Ok(Some("deny")) => target.refuse(&OAuthError::new("access_denied", "The user denied access")),
        // An authorization request may also come by POST.
        Ok(None) => consent(&request, &parameters),
        Ok(Some(_)) => target.refuse(&OAuthError::invalid_request("decision must be allow or deny")),
        Err(repeated) => target.refuse(&repeated.into()),
    }
}

/// Checks the client and its redirect URI first. Until both are known, errors are shown on a page: a redirect to an
/// unregistered address would make this server an open redirector (RFC 6749 section 4.1.2.1).
fn check<'a>(server: &'a Server, parameters: &'a Parameters) -> Result<Request<'a>, Box<Response>> {
    let page = |problem: &str| Box::new(page::refuse(&OAuthError::invalid_request(problem)));
    let repeated = |repeated| Box::new(page::refuse(&OAuthError::from(repeated)));
    let client_id = parameters.get("client_id").map_err(repeated)?;
    let redirect_uri = parameters.get("redirect_uri").map_err(repeated)?;
    let client_id = client_id.ok_or_else(|| page("The request has no client_id"))?;
    let client = server
        .clients
        .find(client_id)
        .ok_or_else(|| page("No client with this client_id is registered"))?;
    let target = Target {
        redirect_uri: client.redirect_uri(redirect_uri).map_err(page)?,
        // A repeated state is ambiguous, so neither value goes back.
        state: parameters.get("state").ok().flatten().filter(|s| is_printable(s)),
        issuer: &server.issuer,
    };
    match check_the_rest(client.policy, parameters) {
        Ok((scope, challenge)) => Ok(Request {
            target,
            client_id,
            redirect_uri,
            scope,
            challenge,
        }),
        Err(e) => Err(Box::new(target.refuse(&e))),
    }
}

/// Checks what the client learns about by redirect. Returns the scope and the challenge.
fn check_the_rest(
    policy: LenientPolicy,
    parameters: &Parameters,
) -> Result<(Option<&str>, Option<CodeChallenge>), OAuthError> {
    // All are read before any is judged, so that a repeated parameter is refused whatever else is wrong.
    let response_type = parameters.get("response_type")?;
    let scope = parameters.get("scope")?;
    let state = parameters.get("state")?;
    let challenge = parameters.get("code_challenge")?;
    let method = parameters.get("code_challenge_method")?;

    match response_type {
        Some("code") => {}
        Some(_) => {
            return Err(OAuthError::new(
                "unsupported_response_type",
                "response_type must be code",
            ));
        }
        None => return Err(OAuthError::invalid_request("The request has no response_type")),
    }
    if !state.is_none_or(is_printable) {
        return Err(OAuthError::invalid_request(
            "state must consist of printable ASCII characters",
        ));
    }
    if !scope.is_none_or(is_scope) {
        return Err(OAuthError::new(
            "invalid_scope",
            "scope must consist of words of printable ASCII characters",
        ));
    }
    let challenge = policy.check_authorization_request(challenge, method)?;
    Ok((scope, challenge))
}

/// Stores a new code with what the token request must match.
async fn issue_code(server: &Server, request: &Request<'_>) -> Result<String, OAuthError> {
    let code = random_text()?;
    let grant = Grant {
        redirect_uri: request.redirect_uri.map(str::to_owned),
        challenge: request.challenge.clone(),
    };
    let expires_at = now().saturating_add(server.code_lifetime);
    server.store.insert(&code, request.client_id, grant, expires_at).await?;
    Ok(code)
}

fn consent(request: &Request<'_>, parameters: &Parameters) -> Response {
    let method = match &request.challenge {
        Some(challenge) => challenge.method().as_str(),
        None => "Not used",
    };
    let summary = [
        ("Client", request.client_id),
        ("Scope", request.scope.unwrap_or("None")),
        ("Redirects to", request.target.redirect_uri),
        ("PKCE", method),
    ];
    page::consent(&summary, parameters)
}

impl Target<'_> {
    /// 303, so that the browser follows with a GET and does not send the form on (RFC 9700 section 4.12). With the
    /// issuer, so that a client of several servers notices a response from the wrong one (RFC 9207).
    fn redirect(&self, parameters: &[(&str, &str)]) -> Response {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        if let Some(state) = self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", self.issuer);
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let location = format!("{}{separator}{}", self.redirect_uri, query.finish());
        let headers = [(LOCATION, location.as_str()), (REFERRER_POLICY, "no-referrer")];
        (StatusCode::SEE_OTHER, headers, NO_STORE).into_response()
    }

    fn refuse(&self, e: &OAuthError) -> Response {
        self.redirect(&[("error", e.code), ("error_description", &e.description)])
    }
}

/// RFC 6749 appendix A.5.
fn is_printable(text: &str) -> bool {
    text.bytes().all(|b| matches!(b, b' '..=b'~'))
}

/// RFC 6749 section 3.3.
fn is_scope(text: &str) -> bool {
    let is_word =
        |word: &str| !word.is_empty() && word.bytes().all(|b| b.is_ascii_graphic() && b != b'"' && b != b'\\');
    text.split(' ').all(is_word)
}
