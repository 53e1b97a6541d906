//! The two pages. What comes from a request is escaped, and no script runs.

use axum::http::StatusCode;
use axum::http::header::{
    CACHE_CONTROL, CONTENT_SECURITY_POLICY, CONTENT_TYPE, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS, X_FRAME_OPTIONS,
};
use axum::response::{IntoResponse as _, Response};

use crate::parameters::Parameters;

/// Nobody may frame the page and have its button pressed under another picture (RFC 9700 section 4.16). Without
/// `form-action`, because browsers apply that to the redirect after the form, too.
const CONTENT_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; frame-ancestors 'none'";

const STYLE: &str = "
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif; }
body { max-width: 40rem; margin: 2rem auto; padding: 0 1rem; }
dt { font-weight: bold; }
dd { margin: 0 0 .5rem; overflow-wrap: anywhere; }
button { font: inherit; padding: .5rem 1.5rem; margin-right: 1rem; }
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

/// The request and the two buttons.
pub fn consent(summary: &[(&str, &str)], parameters: &Parameters) -> Response {
    let mut list = String::new();
    for (name, value) in summary {
        list.push_str(&format!("<dt>{name}</dt><dd>{}</dd>\n", escape(value)));
    }
    let mut fields = String::new();
    for name in CARRIED {
        if let Ok(Some(value)) = parameters.get(name) {
            fields.push_str(&format!(
                "<input type=\"hidden\" name=\"{name}\" value=\"{}\">\n",
                escape(value)
            ));
        }
    }
    let body = format!(
        "<p>A client asks for access.</p>
<dl>
{list}</dl>
<form method=\"post\" action=\"/authorize\">
{fields}<button name=\"decision\" value=\"allow\">Allow</button>
<button name=\"decision\" value=\"deny\">Deny</button>
</form>
<p>This server is an example. It has no accounts and does not know who you are: anybody who reaches it can press these
buttons.</p>"
    );
    page(StatusCode::OK, "Allow access?", &body)
}

pub fn refused(status: StatusCode, description: &str) -> Response {
    page(
        status,
        "This request cannot be answered",
        &format!("<p>{}.</p>", escape(description)),
    )
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
        // The address of the page holds the request: neither kept nor told to the next site.
        (REFERRER_POLICY, "no-referrer"),
        (CACHE_CONTROL, "no-store"),
    ];
    (status, headers, html).into_response()
}

/// For text and for attributes in quotation marks.
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
