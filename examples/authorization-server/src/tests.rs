//! The endpoints, from request to response, without a socket. What they decide about PKCE is tested in `tests/interop`, with
//! several clients.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, PRAGMA, X_FRAME_OPTIONS};
use axum::http::{Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use pkce_core::ServerPolicy;
use serde_json::Value;
use tower::ServiceExt as _;
use url::form_urlencoded;

use crate::clients::Clients;
use crate::server::{Server, router};
use crate::store::Store;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const WRONG: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXo";
const S256: [(&str, &str); 2] = [
    ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
    ("code_challenge_method", "S256"),
];
const REDIRECT_URI: &str = "http://127.0.0.1:5000/callback";
const ISSUER: &str = "https://server.example";

type Pairs<'a> = Vec<(&'a str, &'a str)>;

fn server() -> Arc<Server> {
    let policy = ServerPolicy::new().allow_non_pkce().require_pkce(true);
    let mut clients = Clients::default();
    for registration in ["app=http://127.0.0.1/callback", "other=https://other.example/cb?a=b"] {
        let registration = registration.parse().expect("a registration");
        clients.register(&registration, policy).expect("registered");
    }
    Arc::new(Server {
        issuer: ISSUER.to_owned(),
        clients,
        policy,
        code_lifetime: 60,
        store: Store::in_memory().expect("a database"),
    })
}

fn encode(pairs: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

/// Returns the pairs with another value for one name.
fn with<'a>(pairs: &[(&'a str, &'a str)], name: &str, value: &'a str) -> Pairs<'a> {
    pairs
        .iter()
        .map(|(n, v)| (*n, if *n == name { value } else { *v }))
        .collect()
}

async fn send(server: &Arc<Server>, request: Request<Body>) -> Response<Body> {
    router(server.clone())
        .oneshot(request)
        .await
        .expect("the router cannot fail")
}

/// Opens the page of an authorization request.
async fn show(server: &Arc<Server>, query: &str) -> Response<Body> {
    let request = Request::get(format!("/authorize?{query}")).body(Body::empty());
    send(server, request.expect("a request")).await
}

async fn post(server: &Arc<Server>, path: &str, form: String) -> Response<Body> {
    let request = Request::post(path).header(CONTENT_TYPE, "application/x-www-form-urlencoded");
    send(server, request.body(Body::from(form)).expect("a request")).await
}

async fn text(response: Response<Body>) -> String {
    let body = response.into_body().collect().await.expect("a body").to_bytes();
    String::from_utf8(body.to_vec()).expect("UTF-8")
}

/// The parameters of a redirect to `uri`.
fn redirect(response: &Response<Body>, uri: &str) -> HashMap<String, String> {
    assert_eq!(response.status(), StatusCode::SEE_OTHER);
    let location = response.headers()[LOCATION].to_str().expect("ASCII");
    let query = location
        .strip_prefix(uri)
        .expect("the redirect URI as it is")
        .strip_prefix(['?', '&'])
        .expect("a query");
    let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).into_owned().collect();
    let map: HashMap<_, _> = pairs.iter().cloned().collect();
    assert_eq!(map.len(), pairs.len(), "nothing is there twice: {location}");
    map
}

/// A valid authorization request.
fn request() -> Pairs<'static> {
    let request = [
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", REDIRECT_URI),
        ("state", "a b&c"),
    ];
    [&request[..], &S256].concat()
}

/// Presses the button of the page.
async fn decide(server: &Arc<Server>, decision: &str) -> HashMap<String, String> {
    let form = encode(&[request(), vec![("decision", decision)]].concat());
    redirect(&post(server, "/authorize", form).await, REDIRECT_URI)
}

/// A valid token request.
fn token_request(code: &str) -> Pairs<'_> {
    vec![
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
        ("code_verifier", VERIFIER),
    ]
}

/// `ok` or the error code, after a look at the form of the response.
async fn redeem(server: &Arc<Server>, request: &[(&str, &str)]) -> String {
    let response = post(server, "/token", encode(request)).await;
    let status = response.status();
    assert_eq!(response.headers()[CACHE_CONTROL], "no-store");
    assert_eq!(response.headers()[PRAGMA], "no-cache");
    assert_eq!(response.headers()[CONTENT_TYPE], "application/json");
    let body: Value = serde_json::from_str(&text(response).await).expect("JSON");
    if status == StatusCode::OK {
        assert_eq!(body["token_type"], "Bearer");
        assert_eq!(body["access_token"].as_str().map(str::len), Some(43));
        return "ok".to_owned();
    }
    assert_eq!(status, StatusCode::BAD_REQUEST);
    assert!(body["access_token"].is_null());
    assert!(!body.to_string().contains(VERIFIER));
    body["error"].as_str().expect("an error").to_owned()
}

#[tokio::test]
async fn the_page_escapes_and_is_not_framed() {
    let mut request = with(&request(), "state", "\"><script>");
    request.push(("scope", "<script>&</script>"));
    let response = show(&server(), &encode(&request)).await;
    assert_eq!(response.status(), StatusCode::OK);
    assert_eq!(response.headers()[X_FRAME_OPTIONS], "DENY");
    let policy = &response.headers()[CONTENT_SECURITY_POLICY];
    let policy = policy.to_str().expect("ASCII").to_owned();
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("form-action"));
    let page = text(response).await;
    assert!(
        !page.contains("<script") && page.contains("&lt;script&gt;&amp;&lt;"),
        "{page}"
    );
    assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{page}");
}

#[tokio::test]
async fn a_decision_goes_back_by_redirect() {
    let server = server();
    for (decision, name, value) in [
        ("allow", "code", None),
        ("deny", "error", Some("access_denied")),
        ("x", "error", Some("invalid_request")),
    ] {
        let sent_back = decide(&server, decision).await;
        assert_eq!((&*sent_back["state"], &*sent_back["iss"]), ("a b&c", ISSUER));
        let sent = sent_back.get(name);
        assert!(sent.is_some_and(|sent| value.is_none_or(|v| sent == v)), "{decision}");
    }
    // A link decides nothing, and a post without a decision asks. Unknown parameters are ignored.
    let query = encode(&request());
    let link = show(&server, &format!("{query}&decision=allow&unknown=1&unknown=2")).await;
    assert_eq!(link.status(), StatusCode::OK);
    assert_eq!(post(&server, "/authorize", query).await.status(), StatusCode::OK);
}

#[tokio::test]
async fn without_a_known_client_and_address_there_is_a_page_and_no_redirect() {
    let server = server();
    let (with, twice) = (
        |name, value| with(&request(), name, value),
        |name| [request(), vec![(name, "app")]].concat(),
    );
    for request in [
        with("client_id", "unknown"),
        with("client_id", ""),
        with("client_id", "other"),
        with("redirect_uri", "http://127.0.0.1:5000/elsewhere"),
        with("redirect_uri", "https://elsewhere.example/<b>"),
        with("redirect_uri", ""),
        twice("client_id"),
        twice("redirect_uri"),
    ] {
        let query = encode(&request);
        let shown = show(&server, &query).await;
        let decided = post(&server, "/authorize", format!("{query}&decision=allow")).await;
        for response in [shown, decided] {
            assert_eq!(response.status(), StatusCode::BAD_REQUEST, "{query}");
            assert!(!response.headers().contains_key(LOCATION));
            assert!(!text(response).await.contains("<b>"));
        }
    }
}

/// What is added to the rest of a request, and the error and the state in the redirect.
#[tokio::test]
async fn errors_beside_pkce_go_back_by_redirect() {
    let server = server();
    let (code, state) = (("response_type", "code"), ("state", "x"));
    for (added, error, sent_back) in [
        (vec![], "invalid_request", None),
        (vec![code, code, state], "invalid_request", Some("x")),
        (
            vec![("response_type", "token"), state],
            "unsupported_response_type",
            Some("x"),
        ),
        (vec![code, ("scope", "a"), ("scope", "a")], "invalid_request", None),
        (vec![code, ("scope", "a\"b")], "invalid_scope", None),
        // Neither of two states goes back, nor one that a URL or a form could change.
        (vec![code, state, ("state", "y")], "invalid_request", None),
        (vec![code, ("state", "x\n")], "invalid_request", None),
    ] {
        // Its redirect URI is left out, there being only one, and has a query of its own.
        let query = encode(&[vec![("client_id", "other")], S256.to_vec(), added].concat());
        let parameters = redirect(&show(&server, &query).await, "https://other.example/cb?a=b");
        assert_eq!(parameters["error"], error, "{query}");
        assert_eq!(parameters.get("state").map(String::as_str), sent_back, "{query}");
    }
}

/// What ends a code, and what does not: the second attempt, which is right, tells.
#[tokio::test]
async fn a_code_is_for_its_client_and_its_redirect_uri() {
    for (name, value, expected, second) in [
        ("client_id", "other", "invalid_grant", "ok"),
        ("client_id", "unknown", "invalid_client", "ok"),
        ("client_id", "", "invalid_request", "ok"),
        ("grant_type", "password", "unsupported_grant_type", "ok"),
        ("grant_type", "", "invalid_request", "ok"),
        ("code", "", "invalid_request", "ok"),
        ("code", "unknown", "invalid_grant", "ok"),
        (
            "redirect_uri",
            "http://127.0.0.1:5001/callback",
            "invalid_grant",
            "invalid_grant",
        ),
        ("redirect_uri", "", "invalid_grant", "invalid_grant"),
    ] {
        let server = server();
        let granted = decide(&server, "allow").await;
        let right = token_request(&granted["code"]);
        let outcome = redeem(&server, &with(&right, name, value)).await;
        assert_eq!(outcome, expected, "{name}={value}");
        assert_eq!(redeem(&server, &right).await, second, "after {name}={value}");
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_and_spends_no_code() {
    let server = server();
    let granted = decide(&server, "allow").await;
    let right = token_request(&granted["code"]);
    for repeated in right.clone() {
        for second in [repeated, (repeated.0, ""), (repeated.0, WRONG)] {
            let request = [right.clone(), vec![second]].concat();
            assert_eq!(redeem(&server, &request).await, "invalid_request", "{}", repeated.0);
        }
    }
    assert_eq!(redeem(&server, &right).await, "ok");
}
