//! axum's `Form` with a derived struct at a token endpoint, and how its rejections become OAuth errors.
//!
//! The struct refuses a repeated parameter, as RFC 6749 section 3.2 demands. But axum's own response is plain text with
//! status 422, and a client expects `invalid_request` in JSON with status 400 (section 5.2). So the handler takes a
//! `Result`, and maps the rejection.

use axum::body::Body;
use axum::extract::Form;
use axum::extract::rejection::FormRejection;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, PRAGMA};
use axum::http::{Request, StatusCode};
use axum::response::{IntoResponse as _, Response};
use axum::routing::post;
use axum::{Router, body};
use serde::Deserialize;
use serde_json::{Value, json};
use tower::ServiceExt as _;

/// An empty parameter is `Some("")`. `check_token_request` treats that as absent; the handler must do so for the others.
#[derive(Deserialize)]
struct TokenRequest {
    code: Option<String>,
    code_verifier: Option<String>,
}

async fn token(form: Result<Form<TokenRequest>, FormRejection>) -> Response {
    let request = match form {
        Ok(Form(request)) => request,
        Err(rejection) => return oauth_error(&rejection),
    };
    format!("{:?} {:?}", request.code, request.code_verifier).into_response()
}

/// The rejection's own text is not sent: it can quote the request.
fn oauth_error(rejection: &FormRejection) -> Response {
    let (status, description) = match rejection {
        FormRejection::InvalidFormContentType(_) => (
            StatusCode::BAD_REQUEST,
            "Content-Type must be application/x-www-form-urlencoded",
        ),
        FormRejection::FailedToDeserializeForm(_) | FormRejection::FailedToDeserializeFormBody(_) => {
            (StatusCode::BAD_REQUEST, "A parameter is repeated or malformed")
        }
        // The body is too large, or was cut off.
        other => (other.status(), "The body cannot be read"),
    };
    let headers = [
        (CONTENT_TYPE, "application/json"),
        (CACHE_CONTROL, "no-store"),
        (PRAGMA, "no-cache"),
    ];
    let body = json!({"error": "invalid_request", "error_description": description});
    (status, headers, body.to_string()).into_response()
}

const FORM: &str = "application/x-www-form-urlencoded";

async fn send(content_type: &str, form: String) -> (StatusCode, String) {
    let router = Router::new()
        .route("/mapped", post(token))
        .layer(axum::extract::DefaultBodyLimit::max(1024));
    response(router, "/mapped", content_type, form).await
}

async fn response(router: Router, path: &str, content_type: &str, form: String) -> (StatusCode, String) {
    let request = Request::post(path).header(CONTENT_TYPE, content_type);
    let response = router
        .oneshot(request.body(Body::from(form)).expect("a request"))
        .await
        .expect("the router cannot fail");
    let status = response.status();
    let body = body::to_bytes(response.into_body(), 4096).await.expect("a body");
    (status, String::from_utf8(body.to_vec()).expect("UTF-8"))
}

#[tokio::test]
async fn a_rejection_becomes_an_oauth_error() {
    for (content_type, form, expected) in [
        (FORM, "code=1&code_verifier=secret&code_verifier=secret".to_owned(), 400),
        (FORM, "code=1&code=&code_verifier=secret".to_owned(), 400),
        ("application/json", "{\"code\":\"1\"}".to_owned(), 400),
        (FORM, format!("code={}", "a".repeat(2000)), 413),
    ] {
        let (status, body) = send(content_type, form).await;
        assert_eq!(status.as_u16(), expected, "{body}");
        let json: Value = serde_json::from_str(&body).expect("JSON");
        assert_eq!(json["error"], "invalid_request");
        assert!(!body.contains("secret"));
    }
    let (status, body) = send(FORM, "code=1&code_verifier=&unknown=1&unknown=2".to_owned()).await;
    assert_eq!((status, body.as_str()), (StatusCode::OK, "Some(\"1\") Some(\"\")"));
}

/// What the mapping is for.
#[tokio::test]
async fn without_it_the_response_is_plain_text() {
    let unmapped = |Form(_): Form<TokenRequest>| async {};
    let router = Router::new().route("/", post(unmapped));
    let (status, body) = response(router, "/", FORM, "code=1&code=2".to_owned()).await;
    assert_eq!(status, StatusCode::UNPROCESSABLE_ENTITY);
    assert!(serde_json::from_str::<Value>(&body).is_err(), "{body}");
}
