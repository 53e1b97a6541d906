//! The pages. What comes from a request is escaped, and no script runs.

use std::fmt::Write as _;
use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderName, PRAGMA, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
    X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};

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
    let issuer = escape(&server.issuer);
    let mut clients = String::new();
    for client in server.clients.iter() {
        let _ = writeln!(clients, "<li><code>{}</code></li>", escape(&client.id));
    }
    let body = format!(
        "<p>This is an OAuth 2.0 authorization server. It is an example of the crate <code>pkce-core</code>: it has no
accounts, and its tokens grant access to nothing.</p>
<p>To begin, log in with the native client. At the root of the repository, run:</p>
<pre><code>cargo run -p native-client -- {issuer}</code></pre>
<p>Clients begin with the
<a href=\"/.well-known/oauth-authorization-server\">metadata</a>. These are registered:</p>
<ul>
{clients}</ul>
<p>The README of the example has requests for curl.</p>"
    );
    page(StatusCode::OK, "Example authorization server", &body)
}

/// Shows the request and the two buttons.
pub fn consent(summary: &[(&str, &str)], parameters: &Parameters) -> Response {
    let mut list = String::new();
    for (name, value) in summary {
        let _ = writeln!(list, "<dt>{name}</dt><dd>{}</dd>", escape(value));
    }
    let mut fields = String::new();
    for name in CARRIED {
        if let Ok(Some(value)) = parameters.get(name) {
            let value = escape(value);
            let _ = writeln!(fields, "<input type=\"hidden\" name=\"{name}\" value=\"{value}\">");
        }
    }
    let body = format!(
        "<p>A client asks for access.</p>
<dl>
{list}</dl>
<form method=\"post\" action=\"/authorize\">
{fields}<div class=\"decision\">
<button name=\"decision\" value=\"deny\">Deny</button>
<button name=\"decision\" value=\"allow\">Allow</button>
</div>
</form>
<p>This server is an example. It has no accounts and does not know who you are: anyone who reaches it can press these
buttons.</p>"
    );
    page(StatusCode::OK, "Allow access?", &body)
}

/// Shows an error that no client can be told about.
pub fn refuse(e: &OAuthError) -> Response {
    let body = format!(
        "<p>{}.</p>
<p>Go back to the application that sent you here, and try again.</p>",
        escape(&e.description)
    );
    page(e.status, "This request was refused", &body)
}

fn page(status: StatusCode, title: &str, body: &str) -> Response {
    let html = format!(
        "<!doctype html>
<html lang=\"en\">
<head>
<meta charset=\"utf-8\">
<meta name=\"viewport\" content=\"width=device-width\">
<title>{title}</title>
<style>{STYLE}</style>
</head>
<body>
<h1>{title}</h1>
{body}
</body>
</html>
"
    );
    let headers = [
        (CONTENT_TYPE, "text/html; charset=utf-8"),
        (CONTENT_SECURITY_POLICY, CONTENT_POLICY),
        (X_FRAME_OPTIONS, "DENY"),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // The URL of the page holds the request, which must not reach the next site.
        (REFERRER_POLICY, "no-referrer"),
    ];
    (status, headers, NO_STORE, html).into_response()
}

/// Escapes text, also for quoted attributes.
fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            c => escaped.push(c),
        }
    }
    escaped
}
