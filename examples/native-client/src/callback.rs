//! The redirect back: a listener on a loopback port, and the checks on its one request.

use std::io::{Cursor, Read};
use std::net::{Ipv4Addr, TcpListener};
use std::thread;
use std::time::{Duration, Instant};

use anyhow::{Context, anyhow, bail, ensure};
use tiny_http::{Header, Method, Request, Response, Server};
use url::form_urlencoded;

use crate::printable;

/// What the authorization response must match.
pub struct Expected<'a> {
    pub state: &'a str,
    pub issuer: &'a str,
    /// The server announced RFC 9207, so a response without `iss` is not from it.
    pub iss_required: bool,
}

pub struct Listener {
    server: Server,
    port: u16,
}

impl Listener {
    /// Only 127.0.0.1, so that no other machine can connect. Port 0 takes a free one.
    pub fn open(port: u16) -> anyhow::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).with_context(|| {
            format!("cannot listen on port {port} of 127.0.0.1; without --port, a free one is taken")
        })?;
        let port = listener
            .local_addr()
            .context("the port of the listener is unknown")?
            .port();
        let server = Server::from_listener(listener, None).map_err(|why| anyhow!("cannot listen: {why}"))?;
        Ok(Self { server, port })
    }

    pub fn redirect_uri(&self) -> String {
        format!("http://127.0.0.1:{}/callback", self.port)
    }

    /// Waits for the redirect and returns its code.
    ///
    /// Other requests do not end the login: a browser asks for an icon, any page that the user has open can send a request
    /// to `/callback`, and another server may redirect there. Those get an error page, and the wait goes on.
    pub fn wait(&self, expected: &Expected<'_>, limit: Duration) -> anyhow::Result<String> {
        let deadline = Instant::now() + limit;
        let mut ignored = String::new();
        loop {
            let left = deadline.saturating_duration_since(Instant::now());
            ensure!(!left.is_zero(), "no login within {} s{ignored}", limit.as_secs());
            let Some(request) = self.server.recv_timeout(left).context("the loopback listener failed")? else {
                continue;
            };
            let query = match request.url().split_once('?') {
                Some(("/callback", query)) if *request.method() == Method::Get => query.to_owned(),
                _ => {
                    respond(request, Response::empty(404));
                    continue;
                }
            };
            if let Err(why) = is_from_this_login(&query, expected) {
                ignored = format!("; the last redirect was ignored: {why}");
                respond(
                    request,
                    page(400, "Not this login: the terminal still waits for its own."),
                );
                continue;
            }
            let code = code_from(&query);
            let (status, text) = match code {
                Ok(_) => (
                    200,
                    "Almost done: the terminal has received the login. You can close this window.",
                ),
                Err(_) => (400, "Not logged in: the terminal says why. You can close this window."),
            };
            // Not on another thread, which would end with the program. Whether the browser reads it does not matter.
            let _ = request.respond(page(status, text));
            return code;
        }
    }
}

/// Responds on a thread of its own, so that a slow sender does not delay the time limit.
fn respond<R: Read + Send + 'static>(request: Request, response: Response<R>) {
    thread::spawn(move || request.respond(response));
}

/// Checks `state`, and then `iss` (RFC 9207). Everything else in a response counts only if it passes.
fn is_from_this_login(query: &str, expected: &Expected<'_>) -> anyhow::Result<()> {
    let state = single(query, "state")?;
    ensure!(
        state.as_deref() == Some(expected.state),
        "its state is not that of this login"
    );
    match single(query, "iss")? {
        Some(iss) => ensure!(
            iss == expected.issuer,
            "it comes from another server, {}",
            printable(&iss)
        ),
        None => ensure!(
            !expected.iss_required,
            "it has no iss, although the server announced one"
        ),
    }
    Ok(())
}

/// Reads the code from a response of this login.
fn code_from(query: &str) -> anyhow::Result<String> {
    if let Some(error) = single(query, "error")? {
        let description = single(query, "error_description")?;
        bail!("the login was refused: {}", refusal(&error, description.as_deref()));
    }
    single(query, "code")?.context("the redirect has no code")
}

/// Reads a parameter. An empty one counts as absent, and a repeated one is an error (RFC 6749 section 3.1).
fn single(query: &str, name: &str) -> anyhow::Result<Option<String>> {
    let mut values = form_urlencoded::parse(query.as_bytes()).filter(|(key, _)| key == name);
    let first = values.next();
    ensure!(values.next().is_none(), "the redirect has {name} more than once");
    Ok(first
        .map(|(_, value)| value.into_owned())
        .filter(|value| !value.is_empty()))
}

/// Formats an OAuth error and its description on one line.
pub fn refusal(error: &str, description: Option<&str>) -> String {
    match description {
        Some(description) => format!("{} ({})", printable(error), printable(description)),
        None => printable(error),
    }
}

fn page(status: u16, text: &str) -> Response<Cursor<Vec<u8>>> {
    let html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<meta charset=\"utf-8\">\n<meta name=\"color-scheme\" content=\"light dark\">\n\
         <title>Login</title>\n<p>{text}</p>\n</html>\n"
    );
    let mut response = Response::from_string(html).with_status_code(status);
    for (name, value) in [
        ("Content-Type", "text/html; charset=utf-8"),
        // The URL of this page contains the code.
        ("Cache-Control", "no-store"),
        ("Referrer-Policy", "no-referrer"),
        ("Connection", "close"),
    ] {
        if let Ok(header) = Header::from_bytes(name, value) {
            response.add_header(header);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::net::TcpStream;

    use super::*;

    const EXPECTED: Expected<'_> = Expected {
        state: "5tate",
        issuer: "https://a.example",
        iss_required: false,
    };
    const STRICT: Expected<'_> = Expected {
        iss_required: true,
        ..EXPECTED
    };

    #[test]
    fn code_is_read_and_decoded() {
        assert_eq!(code_from("code=a%2Bb+c&state=5tate").unwrap(), "a+b c");
    }

    #[test]
    fn iss_must_be_the_issuer_and_present_if_announced() {
        assert!(is_from_this_login("state=5tate&iss=https%3A%2F%2Fa.example", &STRICT).is_ok());
        assert!(is_from_this_login("state=5tate", &EXPECTED).is_ok());
        for (query, expected, why) in [
            ("iss=https://b.example", EXPECTED, "server, https://b.example"),
            ("iss=https://a.example/", EXPECTED, "another server"),
            ("iss=https://a.example&iss=x", EXPECTED, "iss more than once"),
            ("iss=", STRICT, "no iss"),
            ("error=access_denied", STRICT, "no iss"),
        ] {
            let ignored = is_from_this_login(&format!("state=5tate&{query}"), &expected);
            assert!(ignored.unwrap_err().to_string().contains(why), "{query}");
        }
    }

    #[test]
    fn a_refused_login_says_why() {
        for (query, why) in [
            (
                "error=access_denied&error_description=not+today%1B",
                "refused: access_denied (not today\u{fffd})",
            ),
            ("error=server_error", "refused: server_error"),
            ("state=5tate", "no code"),
            ("code=", "no code"),
            ("code=x&code=y", "code more than once"),
        ] {
            let refused = code_from(query).unwrap_err().to_string();
            assert!(refused.ends_with(why), "{query}: {refused}");
        }
    }

    fn get(port: u16, target: &str) -> String {
        let mut stream = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
        let request = format!("GET {target} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n");
        stream.write_all(request.as_bytes()).unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        answer
    }

    #[test]
    fn requests_that_are_not_from_this_login_do_not_end_the_wait() {
        let listener = Listener::open(0).unwrap();
        let port = listener.port;
        let browser = thread::spawn(move || {
            let _never_used = TcpStream::connect((Ipv4Addr::LOCALHOST, port)).unwrap();
            assert!(get(port, "/favicon.ico").starts_with("HTTP/1.1 404"));
            assert!(get(port, "/callback").starts_with("HTTP/1.1 404"));
            for query in [
                "code=y&state=other",
                "code=y",
                "code=y&state=",
                "error=access_denied",
                "code=y&state=5tate&state=5tate",
                "code=y&state=5tate",
                "code=y&state=5tate&iss=https://b.example",
            ] {
                let stray = get(port, &format!("/callback?{query}"));
                assert!(
                    stray.starts_with("HTTP/1.1 400") && stray.contains("Not this login"),
                    "{query}"
                );
            }
            get(port, "/callback?code=x&state=5tate&iss=https://a.example")
        });
        assert_eq!(listener.wait(&STRICT, Duration::from_secs(30)).unwrap(), "x");
        assert!(browser.join().unwrap().contains("You can close this window"));
    }

    #[test]
    fn the_wait_ends_at_the_limit() {
        let listener = Listener::open(0).unwrap();
        let late = listener.wait(&EXPECTED, Duration::from_millis(50)).unwrap_err();
        assert!(late.to_string().starts_with("no login within"));
    }

    #[test]
    fn a_taken_port_is_named() {
        let taken = Listener::open(0).unwrap();
        let error = Listener::open(taken.port).err().unwrap().to_string();
        assert!(error.starts_with(&format!("cannot listen on port {}", taken.port)));
    }
}
