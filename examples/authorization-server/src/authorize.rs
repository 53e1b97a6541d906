//! The authorization endpoint: checks the request, asks the user, and answers by redirect (RFC 6749 section 4.1.1).

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::rejection::BytesRejection;
use axum::extract::{RawQuery, State};
use axum::http::header::{CACHE_CONTROL, HeaderMap, LOCATION, REFERRER_POLICY};
use axum::http::{StatusCode, header::HeaderName};
use axum::response::{IntoResponse as _, Response};
use pkce_core::CodeChallenge;
use url::form_urlencoded;

use crate::clients;
use crate::error::OAuthError;
use crate::page;
use crate::parameters::Parameters;
use crate::server::{Server, blocking, now, random_text};
use crate::store::Grant;

/// Where the answer goes, and what goes back with it.
struct Answer<'a> {
    redirect_uri: &'a str,
    state: Option<&'a str>,
    issuer: &'a str,
}

/// An authorization request that may be granted.
struct Request<'a> {
    answer: Answer<'a>,
    client_id: &'a str,
    redirect_uri: Option<&'a str>,
    scope: Option<&'a str>,
    challenge: Option<CodeChallenge>,
}

/// Shows the request, with the buttons Allow and Deny. A decision in the query does not count: a link is not a button.
pub async fn show(State(server): State<Arc<Server>>, RawQuery(query): RawQuery) -> Response {
    let parameters = Parameters::parse(query.unwrap_or_default().as_bytes());
    match check(&server, &parameters) {
        Ok(request) => consent(&request, &parameters),
        Err(response) => *response,
    }
}

/// The form comes back with the same parameters. Whoever sends it can change them, so all are checked again.
pub async fn decide(
    State(server): State<Arc<Server>>,
    headers: HeaderMap,
    body: Result<Bytes, BytesRejection>,
) -> Response {
    match Parameters::from_form(&headers, body) {
        Ok(parameters) => blocking(move || decision(&server, &parameters)).await,
        Err(e) => page::refused(e.status, &e.description),
    }
}

fn decision(server: &Server, parameters: &Parameters) -> Response {
    let request = match check(server, parameters) {
        Ok(request) => request,
        Err(response) => return *response,
    };
    let answer = &request.answer;
    match parameters.get("decision") {
        Ok(Some("allow")) => match issue_code(server, &request) {
            Ok(code) => answer.redirect(&[("code", &code)]),
            Err(e) => answer.refuse(&e),
        },
        Ok(Some("deny")) => answer.refuse(&OAuthError::new("access_denied", "the user said no")),
        // An authorization request may come by POST, too.
        Ok(None) => consent(&request, parameters),
        Ok(Some(_)) => answer.refuse(&OAuthError::invalid_request("decision must be allow or deny")),
        Err(repeated) => answer.refuse(&repeated.into()),
    }
}

/// First of all who asks and where the answer goes. Until that is known, the user is told on a page: a redirect to an
/// address that nobody registered would make this server a tool of whoever wrote the link (RFC 6749 section 4.1.2.1).
fn check<'a>(server: &'a Server, parameters: &'a Parameters) -> Result<Request<'a>, Box<Response>> {
    let page = |description: &str| Box::new(page::refused(StatusCode::BAD_REQUEST, description));
    let repeated = |name: &str| page(&format!("{name} is in the request more than once"));
    let client_id = parameters.get("client_id").map_err(|e| repeated(e.0))?;
    let redirect_uri = parameters.get("redirect_uri").map_err(|e| repeated(e.0))?;
    let client_id = client_id.ok_or_else(|| page("client_id is missing"))?;
    let answer = Answer {
        redirect_uri: clients::redirect_uri(&server.clients, client_id, redirect_uri).map_err(page)?,
        // Of two values neither is the one that the client sent, so neither goes back.
        state: parameters.get("state").ok().flatten().filter(|s| is_printable(s)),
        issuer: &server.issuer,
    };
    match check_the_rest(server, parameters) {
        Ok((scope, challenge)) => Ok(Request {
            answer,
            client_id,
            redirect_uri,
            scope,
            challenge,
        }),
        Err(e) => Err(Box::new(answer.refuse(&e))),
    }
}

/// What can be wrong now is told to the client, by redirect. Gives the scope and the challenge.
fn check_the_rest<'a>(
    server: &Server,
    parameters: &'a Parameters,
) -> Result<(Option<&'a str>, Option<CodeChallenge>), OAuthError> {
    // All are read before any is judged, so that a repeated one is refused whatever else is wrong.
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
        None => return Err(OAuthError::invalid_request("response_type is missing")),
    }
    if !state.is_none_or(is_printable) {
        return Err(OAuthError::invalid_request(
            "state must be of printable ASCII characters",
        ));
    }
    if !scope.is_none_or(is_scope) {
        return Err(OAuthError::new(
            "invalid_scope",
            "scope must be words of printable ASCII characters",
        ));
    }
    let challenge = server.policy.check_authorization_request(challenge, method)?;
    Ok((scope, challenge))
}

/// A new code, stored with what the token request must match.
fn issue_code(server: &Server, request: &Request<'_>) -> Result<String, OAuthError> {
    let code = random_text()?;
    let grant = Grant {
        redirect_uri: request.redirect_uri.map(str::to_owned),
        challenge: request.challenge.clone(),
    };
    let now = now();
    server.store.insert(
        &code,
        request.client_id,
        &grant,
        now.saturating_add(server.code_lifetime),
        now,
    )?;
    Ok(code)
}

fn consent(request: &Request<'_>, parameters: &Parameters) -> Response {
    let method = match &request.challenge {
        Some(challenge) => challenge.method().as_str(),
        None => "not used",
    };
    let summary = [
        ("Client", request.client_id),
        ("Scope", request.scope.unwrap_or("none")),
        ("Goes back to", request.answer.redirect_uri),
        ("PKCE", method),
    ];
    page::consent(&summary, parameters)
}

impl Answer<'_> {
    /// 303, so that the browser follows with a GET and does not send the form on (RFC 9700 section 4.12). With the
    /// issuer, so that a client of several servers notices an answer from the wrong one (RFC 9207).
    fn redirect(&self, parameters: &[(&str, &str)]) -> Response {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(parameters);
        if let Some(state) = self.state {
            query.append_pair("state", state);
        }
        query.append_pair("iss", self.issuer);
        let separator = if self.redirect_uri.contains('?') { '&' } else { '?' };
        let location = format!("{}{separator}{}", self.redirect_uri, query.finish());
        let headers: [(HeaderName, &str); 3] = [
            (LOCATION, &location),
            (CACHE_CONTROL, "no-store"),
            (REFERRER_POLICY, "no-referrer"),
        ];
        (StatusCode::SEE_OTHER, headers).into_response()
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
