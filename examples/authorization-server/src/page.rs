//! The pages. `html!` escapes what comes from a request, and no script runs.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, HeaderName, PRAGMA, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};
use maud::{DOCTYPE, Markup, PreEscaped, html};

use crate::error::OAuthError;
use crate::parameters::Parameters;
use crate::server::Server;

/// For codes, tokens and errors (RFC 6749 section 5.1).
pub const NO_STORE: [(HeaderName, &str); 2] = [(CACHE_CONTROL, "no-store"), (PRAGMA, "no-cache")];

/// No other site may frame the consent page and trick the user into pressing its button (RFC 9700 section 4.16).
/// `form-action` is left out, because browsers also apply it to the redirect after the form.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; overflow-wrap: anywhere; }
dt { font-weight: bold; }
dd { margin: 0 0 .5rem; }
pre { white-space: pre-wrap; }
.decision { display: grid; grid-template-columns: 1fr 1fr; gap: 1rem; }
button { font: inherit; padding: .75rem; }
";

/// The parameters that the form carries on.
const CARRIED: [&str; 7] = [
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
];

/// Says what this is, and where to begin.
pub async fn home(State(server): State<Arc<Server>>) -> Response {
    let body = html! {
        p {
            "This is an OAuth 2.0 authorization server. It is an example of the crate " code { "pkce-core" }
            ": it has no accounts, and its tokens grant access to nothing."
        }
        p { "To begin, log in with the native client. At the root of the repository, run:" }
        pre { code { "cargo run -p native-client -- " (server.issuer) } }
        p {
            "Clients begin with the " a href="/.well-known/oauth-authorization-server" { "metadata" }
            ". These are registered:"
        }
        ul {
            @for client in server.clients.iter() {
                li { code { (client.id) } }
            }
        }
        p { "The README of the example has requests for curl." }
    };
    page(StatusCode::OK, "Example authorization server", &body)
}

/// Shows the request and the two buttons.
pub fn consent(summary: &[(&str, &str)], parameters: &Parameters) -> Response {
    let body = html! {
        p { "A client asks for access." }
        dl {
            @for (name, value) in summary {
                dt { (name) }
                dd { (value) }
            }
        }
        form method="post" action="/authorize" {
            @for name in CARRIED {
                @if let Ok(Some(value)) = parameters.get(name) {
                    input type="hidden" name=(name) value=(value);
                }
            }
            div class="decision" {
                button name="decision" value="deny" { "Deny" }
                button name="decision" value="allow" { "Allow" }
            }
        }
        p {
            "This server is an example. It has no accounts and does not know who you are: anyone who reaches it can press "
            "these buttons."
        }
    };
    page(StatusCode::OK, "Allow access?", &body)
}

/// Shows an error that no client can be told about.
pub fn refuse(e: &OAuthError) -> Response {
    let body = html! {
        p { (e.description) "." }
        p { "Go back to the application that sent you here, and try again." }
    };
    page(e.status, "This request was refused", &body)
}

fn page(status: StatusCode, title: &str, body: &Markup) -> Response {
    let html = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width";
                title { (title) }
                style { (PreEscaped(STYLE)) }
            }
            body {
                h1 { (title) }
                (body)
            }
        }
    };
    let headers = [
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The URL of the page holds the request, which must not reach the next site.
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, NO_STORE, html).into_response()
}
