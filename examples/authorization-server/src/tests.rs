//! All endpoints, from request to response, without a socket.

use std::collections::HashMap;
use std::sync::Arc;

use axum::body::Body;
use axum::http::header::{
    ALLOW, AUTHORIZATION, CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, LOCATION, PRAGMA, WWW_AUTHENTICATE,
    X_FRAME_OPTIONS,
};
use axum::http::{Method, Request, Response, StatusCode};
use http_body_util::BodyExt as _;
use pkce_core::{LenientPolicy, ServerPolicy};
use serde_json::Value;
use tower::ServiceExt as _;
use url::form_urlencoded;

use crate::clients::Clients;
use crate::server::{BODY_LIMIT, Server, router};
use crate::store::Store;

const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
const WRONG: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXo";
const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
const REDIRECT_URI: &str = "http://127.0.0.1:5000/callback";
const ISSUER: &str = "https://server.example";
const BAD: &str = "invalid_request";
const FORM: &str = "application/x-www-form-urlencoded";

const NON_PKCE: LenientPolicy = ServerPolicy::new().allow_non_pkce();
const STRICT: LenientPolicy = NON_PKCE.require_pkce(true);
const PLAIN: LenientPolicy = STRICT.allow_plain();

type Pairs<'a> = Vec<(&'a str, &'a str)>;

/// A server at which the client `app` has the given policy. `other` must use PKCE.
fn server(policy: LenientPolicy) -> Arc<Server> {
    let mut clients = Clients::default();
    for (registration, policy) in [
        ("app=http://127.0.0.1/callback", policy),
        ("other=https://other.example/cb?a=b", STRICT),
    ] {
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

async fn send(server: &Arc<Server>, request: Request<Body>) -> Response<Body> {
    router(server.clone())
        .oneshot(request)
        .await
        .expect("the router cannot fail")
}

async fn get(server: &Arc<Server>, path: &str) -> Response<Body> {
    send(server, Request::get(path).body(Body::empty()).expect("a request")).await
}

async fn post(server: &Arc<Server>, path: &str, content_type: &str, body: String) -> Response<Body> {
    let request = Request::builder()
        .method(Method::POST)
        .uri(path)
        .header(CONTENT_TYPE, content_type);
    send(server, request.body(Body::from(body)).expect("a request")).await
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

/// A valid authorization request, without PKCE.
fn bare_request() -> Pairs<'static> {
    vec![
        ("response_type", "code"),
        ("client_id", "app"),
        ("redirect_uri", REDIRECT_URI),
        ("state", "a b&c"),
    ]
}

fn pkce_request() -> Pairs<'static> {
    [
        bare_request(),
        vec![("code_challenge", CHALLENGE), ("code_challenge_method", "S256")],
    ]
    .concat()
}

fn token_request<'a>(code: &'a str, verifier: &[&'a str]) -> Pairs<'a> {
    let mut pairs = vec![
        ("grant_type", "authorization_code"),
        ("client_id", "app"),
        ("code", code),
        ("redirect_uri", REDIRECT_URI),
    ];
    pairs.extend(verifier.iter().map(|v| ("code_verifier", *v)));
    pairs
}

async fn allow(server: &Arc<Server>, request: &[(&str, &str)]) -> String {
    let body = encode(&[request, &[("decision", "allow")]].concat());
    let answer = redirect(&post(server, "/authorize", FORM, body).await, REDIRECT_URI);
    answer.get("code").expect("a code").clone()
}

/// `ok` or the error code, after a look at the form of the answer.
async fn outcome(response: Response<Body>) -> String {
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
    assert!(body["access_token"].is_null());
    assert!(!body.to_string().contains(VERIFIER));
    let code = body["error"].as_str().expect("an error").to_owned();
    let expected = match code.as_str() {
        "server_error" => StatusCode::INTERNAL_SERVER_ERROR,
        _ => StatusCode::BAD_REQUEST,
    };
    assert_eq!(status, expected);
    code
}

async fn redeem(server: &Arc<Server>, request: &[(&str, &str)]) -> String {
    outcome(post(server, "/token", FORM, encode(request)).await).await
}

#[tokio::test]
async fn the_metadata_follows_the_policy() {
    for (policy, methods) in [(STRICT, vec!["S256"]), (PLAIN, vec!["S256", "plain"])] {
        let answer = text(get(&server(policy), "/.well-known/oauth-authorization-server").await).await;
        let metadata: Value = serde_json::from_str(&answer).expect("JSON");
        assert_eq!(metadata["issuer"], ISSUER);
        assert_eq!(metadata["token_endpoint"], "https://server.example/token");
        assert_eq!(metadata["code_challenge_methods_supported"], Value::from(methods));
    }
}

#[tokio::test]
async fn the_first_page_says_where_to_begin() {
    let answer = get(&server(STRICT), "/").await;
    assert_eq!(answer.status(), StatusCode::OK);
    let page = text(answer).await;
    for expected in [
        "example",
        ISSUER,
        "/.well-known/oauth-authorization-server",
        "native-client",
        "app",
    ] {
        assert!(page.contains(expected), "{expected}");
    }
}

#[tokio::test]
async fn no_refusal_is_empty() {
    let server = server(STRICT);
    let missing = get(&server, "/favicon.ico").await;
    assert_eq!(missing.status(), StatusCode::NOT_FOUND);
    assert!(text(missing).await.contains("There is nothing at this address."));
    let method = post(&server, "/", FORM, String::new()).await;
    assert_eq!(method.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(method.headers()[ALLOW], "GET,HEAD");
    assert!(text(method).await.contains("does not accept the HTTP method."));
    let method = get(&server, "/token").await;
    assert_eq!(method.status(), StatusCode::METHOD_NOT_ALLOWED);
    assert!(text(method).await.contains("\"invalid_request\""));
}

#[tokio::test]
async fn the_page_escapes_and_is_not_framed() {
    let mut request = pkce_request();
    request.push(("scope", "<script>'&'</script>"));
    request[3].1 = "\"><script>";
    let answer = get(&server(STRICT), &format!("/authorize?{}", encode(&request))).await;
    assert_eq!(answer.status(), StatusCode::OK);
    assert_eq!(answer.headers()[X_FRAME_OPTIONS], "DENY");
    let policy = answer.headers()[CONTENT_SECURITY_POLICY]
        .to_str()
        .expect("ASCII")
        .to_owned();
    assert!(policy.contains("frame-ancestors 'none'") && !policy.contains("form-action"));
    let page = text(answer).await;
    assert!(
        !page.contains("<script") && page.contains("&lt;script&gt;&#39;&amp;&#39;"),
        "{page}"
    );
    assert!(page.contains("value=\"&quot;&gt;&lt;script&gt;\""), "{page}");
}

#[tokio::test]
async fn a_decision_goes_back_by_redirect() {
    let server = server(STRICT);
    for (decision, name, value) in [
        ("allow", "code", None),
        ("deny", "error", Some("access_denied")),
        ("x", "error", None),
    ] {
        let body = encode(&[pkce_request(), vec![("decision", decision)]].concat());
        let answer = redirect(&post(&server, "/authorize", FORM, body).await, REDIRECT_URI);
        assert_eq!((answer["state"].as_str(), answer["iss"].as_str()), ("a b&c", ISSUER));
        assert!(value.is_none_or(|v| answer[name] == v), "{decision}");
    }
    // A link decides nothing, and a post without a decision asks.
    let link = format!("/authorize?{}&decision=allow", encode(&pkce_request()));
    assert_eq!(get(&server, &link).await.status(), StatusCode::OK);
    assert_eq!(
        post(&server, "/authorize", FORM, encode(&pkce_request()))
            .await
            .status(),
        StatusCode::OK
    );
}

#[tokio::test]
async fn without_a_known_client_and_address_there_is_a_page_and_no_redirect() {
    let server = server(STRICT);
    let twice = |name| [pkce_request(), vec![(name, "app")]].concat();
    let with = |name, value| -> Pairs<'static> {
        pkce_request()
            .into_iter()
            .map(|(n, v)| (n, if n == name { value } else { v }))
            .collect()
    };
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
        let shown = get(&server, &format!("/authorize?{query}")).await;
        let decided = post(&server, "/authorize", FORM, format!("{query}&decision=allow")).await;
        for answer in [shown, decided] {
            assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{query}");
            assert!(!answer.headers().contains_key(LOCATION));
            assert!(!text(answer).await.contains("<b>"));
        }
    }
}

/// The parameters that are added to a valid request without PKCE, the policy, and the error in the redirect: `page` is
/// none.
#[tokio::test]
async fn the_authorization_endpoint_decides() {
    let padded = format!("{CHALLENGE}=");
    let (short, challenge) = (&CHALLENGE[..42], ("code_challenge", CHALLENGE));
    let s256 = ("code_challenge_method", "S256");
    let plain = ("code_challenge_method", "plain");
    let lower = ("code_challenge_method", "s256");
    let (no_challenge, no_method) = (("code_challenge", ""), ("code_challenge_method", ""));
    for (added, policy, expected) in [
        (vec![challenge, s256], STRICT, "page"),
        (vec![challenge, plain], STRICT, BAD),
        (vec![challenge, plain], PLAIN, "page"),
        (vec![challenge, lower], STRICT, BAD),
        (vec![challenge, lower], PLAIN, BAD),
        (vec![challenge], STRICT, BAD),
        (vec![challenge], PLAIN, "page"),
        (vec![challenge, no_method], STRICT, BAD),
        (vec![], STRICT, BAD),
        (vec![], NON_PKCE, "page"),
        (vec![no_challenge, no_method], NON_PKCE, "page"),
        (vec![s256], STRICT, BAD),
        (vec![s256], NON_PKCE, BAD),
        (vec![no_challenge, s256], NON_PKCE, BAD),
        (vec![("code_challenge", &padded), s256], STRICT, BAD),
        (vec![("code_challenge", short), s256], STRICT, BAD),
        (vec![challenge, challenge, s256], STRICT, BAD),
        (vec![challenge, s256, s256], STRICT, BAD),
        (vec![challenge, s256, ("response_type", "code")], STRICT, BAD),
        (vec![challenge, s256, ("scope", "a"), ("scope", "a")], STRICT, BAD),
        (vec![challenge, s256, ("scope", "a\"b")], STRICT, "invalid_scope"),
        (
            vec![challenge, s256, ("unknown", "1"), ("unknown", "2")],
            STRICT,
            "page",
        ),
    ] {
        let server = server(policy);
        let query = encode(&[bare_request(), added].concat());
        let shown = get(&server, &format!("/authorize?{query}")).await;
        if expected == "page" {
            assert_eq!(shown.status(), StatusCode::OK, "{query}");
            continue;
        }
        let decided = post(&server, "/authorize", FORM, format!("{query}&decision=allow")).await;
        for answer in [shown, decided] {
            let answer = redirect(&answer, REDIRECT_URI);
            assert_eq!(answer["error"], expected, "{query}");
            assert_eq!(
                (answer["state"].as_str(), answer["iss"].as_str()),
                ("a b&c", ISSUER),
                "{query}"
            );
            assert!(!answer.contains_key("code"));
        }
    }
}

#[tokio::test]
async fn errors_beside_pkce_go_back_too() {
    let server = server(STRICT);
    let other = |added: Pairs<'static>| {
        let rest = vec![
            ("client_id", "other"),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
        ];
        encode(&[rest, added].concat())
    };
    for (query, error, state) in [
        (other(vec![]), "invalid_request", None),
        (
            other(vec![("response_type", "token"), ("state", "x")]),
            "unsupported_response_type",
            Some("x"),
        ),
        // Neither of two states goes back, nor one that a URL or a form could change.
        (
            other(vec![("response_type", "code"), ("state", "x"), ("state", "y")]),
            "invalid_request",
            None,
        ),
        (
            other(vec![("response_type", "code"), ("state", "x\n")]),
            "invalid_request",
            None,
        ),
    ] {
        // Its redirect URI is left out, there being only one, and has a query of its own.
        let answer = redirect(
            &get(&server, &format!("/authorize?{query}")).await,
            "https://other.example/cb?a=b",
        );
        assert_eq!(answer["error"], error, "{query}");
        assert_eq!(answer.get("state").map(String::as_str), state, "{query}");
    }
}

/// How often which verifier is sent, and the answer, for a code with an S256 challenge.
#[tokio::test]
async fn the_token_endpoint_decides() {
    let long = "a".repeat(129);
    let bad = VERIFIER.replace('-', "+");
    let newline = format!("{VERIFIER}\n");
    for (verifier, expected) in [
        (vec![VERIFIER], "ok"),
        (vec![WRONG], "invalid_grant"),
        (vec![CHALLENGE], "invalid_grant"),
        (vec![], "invalid_grant"),
        (vec![""], "invalid_grant"),
        (vec![&VERIFIER[..42]], "invalid_request"),
        (vec![&long], "invalid_request"),
        (vec![&bad], "invalid_request"),
        (vec![&newline], "invalid_request"),
        (vec!["\u{e9}"], "invalid_request"),
    ] {
        let server = server(STRICT);
        let code = allow(&server, &pkce_request()).await;
        assert_eq!(
            redeem(&server, &token_request(&code, &verifier)).await,
            expected,
            "{verifier:?}"
        );
        // The first attempt of the client was the last one.
        assert_eq!(
            redeem(&server, &token_request(&code, &[VERIFIER])).await,
            "invalid_grant",
            "{verifier:?}"
        );
    }
}

#[tokio::test]
async fn plain_and_no_pkce_if_the_policy_says_so() {
    let plain = [
        bare_request(),
        vec![("code_challenge", VERIFIER), ("code_challenge_method", "plain")],
    ]
    .concat();
    for (verifier, expected) in [(VERIFIER, "ok"), (WRONG, "invalid_grant"), ("", "invalid_grant")] {
        let server = server(PLAIN);
        let code = allow(&server, &plain).await;
        assert_eq!(
            redeem(&server, &token_request(&code, &[verifier])).await,
            expected,
            "{verifier}"
        );
    }
    // A verifier without a challenge is a downgrade.
    for (verifier, expected) in [(vec![], "ok"), (vec![""], "ok"), (vec![VERIFIER], "invalid_request")] {
        let server = server(NON_PKCE);
        let code = allow(&server, &bare_request()).await;
        assert_eq!(
            redeem(&server, &token_request(&code, &verifier)).await,
            expected,
            "{verifier:?}"
        );
    }
    // A challenge is enforced whatever the policy.
    for verifier in [vec![], vec![WRONG]] {
        let server = server(NON_PKCE);
        let code = allow(&server, &pkce_request()).await;
        assert_eq!(redeem(&server, &token_request(&code, &verifier)).await, "invalid_grant");
    }
}

/// The client `other` must use PKCE, although `app` need not.
#[tokio::test]
async fn the_policy_is_that_of_the_client() {
    let server = server(NON_PKCE);
    for (client, expected) in [("app", StatusCode::OK), ("other", StatusCode::SEE_OTHER)] {
        let request = encode(&[("response_type", "code"), ("client_id", client)]);
        let redirect_uri = if client == "app" {
            "&redirect_uri=http://127.0.0.1/callback"
        } else {
            ""
        };
        let answer = get(&server, &format!("/authorize?{request}{redirect_uri}")).await;
        assert_eq!(answer.status(), expected, "{client}");
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
        let server = server(STRICT);
        let code = allow(&server, &pkce_request()).await;
        let right = token_request(&code, &[VERIFIER]);
        let request: Pairs<'_> = right
            .iter()
            .map(|(n, v)| (*n, if *n == name { value } else { *v }))
            .collect();
        assert_eq!(redeem(&server, &request).await, expected, "{name}={value}");
        assert_eq!(redeem(&server, &right).await, second, "after {name}={value}");
    }
}

#[tokio::test]
async fn a_repeated_parameter_is_refused_and_spends_no_code() {
    let server = server(STRICT);
    let code = allow(&server, &pkce_request()).await;
    let right = token_request(&code, &[VERIFIER]);
    for repeated in right.clone() {
        for second in [repeated, (repeated.0, ""), (repeated.0, WRONG)] {
            let request = [right.clone(), vec![second]].concat();
            assert_eq!(redeem(&server, &request).await, "invalid_request", "{}", repeated.0);
        }
    }
    assert_eq!(redeem(&server, &right).await, "ok");
}

#[tokio::test]
async fn a_damaged_row_is_a_server_error() {
    for damage in [
        "code_challenge = ''",
        "code_challenge_method = ''",
        "code_challenge = NULL",
        "code_challenge = 7",
    ] {
        for policy in [STRICT, NON_PKCE] {
            let server = server(policy);
            let code = allow(&server, &pkce_request()).await;
            server
                .store
                .damage(&format!("UPDATE authorization_codes SET {damage}"))
                .await;
            for verifier in [vec![], vec![VERIFIER]] {
                let answer = redeem(&server, &token_request(&code, &verifier)).await;
                let expected = if verifier.is_empty() {
                    "server_error"
                } else {
                    "invalid_grant"
                };
                assert_eq!(answer, expected, "{damage}");
            }
        }
    }
}

#[tokio::test]
async fn a_code_expires() {
    let mut server = server(STRICT);
    Arc::get_mut(&mut server).expect("not shared yet").code_lifetime = 0;
    let code = allow(&server, &pkce_request()).await;
    assert_eq!(
        redeem(&server, &token_request(&code, &[VERIFIER])).await,
        "invalid_grant"
    );
}

#[tokio::test]
async fn only_a_form_of_bounded_size_is_read() {
    let server = server(STRICT);
    let code = allow(&server, &pkce_request()).await;
    let right = encode(&token_request(&code, &[VERIFIER]));
    for content_type in [
        "application/json",
        "text/plain",
        "",
        "application/x-www-form-urlencoded2",
    ] {
        let answer = post(&server, "/token", content_type, right.clone()).await;
        assert_eq!(outcome(answer).await, "invalid_request", "{content_type}");
        let answer = post(&server, "/authorize", content_type, encode(&pkce_request())).await;
        assert_eq!(answer.status(), StatusCode::BAD_REQUEST, "{content_type}");
    }
    for path in ["/token", "/authorize"] {
        let large = format!("{right}&x={}", "a".repeat(BODY_LIMIT));
        assert_eq!(
            post(&server, path, FORM, large).await.status(),
            StatusCode::PAYLOAD_TOO_LARGE
        );
    }
    let filled = format!("{right}&x={}", "a".repeat(BODY_LIMIT - right.len() - 3));
    let answer = post(
        &server,
        "/token",
        "Application/X-WWW-Form-Urlencoded; charset=UTF-8",
        filled,
    )
    .await;
    assert_eq!(outcome(answer).await, "ok");
    assert_eq!(get(&server, "/token").await.status(), StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn a_client_that_authenticates_is_told_not_to() {
    let server = server(STRICT);
    let basic = Request::post("/token")
        .header(CONTENT_TYPE, FORM)
        .header(AUTHORIZATION, "Basic YXBwOng=");
    let basic = send(
        &server,
        basic
            .body(Body::from("grant_type=authorization_code"))
            .expect("a request"),
    )
    .await;
    let secret = post(
        &server,
        "/token",
        FORM,
        "grant_type=authorization_code&client_secret=x".to_owned(),
    )
    .await;
    for answer in [basic, secret] {
        assert_eq!(answer.status(), StatusCode::UNAUTHORIZED);
        assert_eq!(
            answer.headers()[WWW_AUTHENTICATE],
            "Basic realm=\"authorization-server\""
        );
        assert!(text(answer).await.contains("invalid_client"));
    }
}
