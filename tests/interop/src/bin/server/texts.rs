//! What people read: messages, pages, and the README with its commands.

use std::fs;
use std::process::Command;

use interop::{Fallible, Report, Server, agent};
use ureq::http::{Request, Response};

/// A start that fails says what was wrong, and with which flag.
pub fn start(binary: &str, report: &mut Report) -> Fallible<()> {
    let server = Server::start(binary, &[])?;
    let address = server.address();
    let issuer = |fault, url| (fault, ["--issuer", url], ["--issuer", fault, "use https://a.example"]);
    for (case, flags, expected) in [
        issuer("ends with a slash", "https://a.example/"),
        issuer("has a path", "https://a.example/x"),
        issuer("has a query or a fragment", "https://a.example?x"),
        issuer("has a user name or a password", "https://me@a.example"),
        issuer("is not in its canonical form", "https://A.example:443"),
        (
            "an issuer of another scheme",
            ["--issuer", "ftp://a.example"],
            ["--issuer", "scheme", "https"],
        ),
        (
            "an issuer that is no URL",
            ["--issuer", "a.example"],
            ["--issuer", "URL", "like https://"],
        ),
        (
            "all addresses and no issuer",
            ["--listen", "0.0.0.0:0"],
            ["0.0.0.0", "clients", "--issuer http://127.0.0.1:"],
        ),
        ("address in use", ["--listen", address], [address, "in use", "--listen"]),
        (
            "database in no folder",
            ["--database", "/no/such/folder/codes.sqlite"],
            ["/no/such/folder/codes.sqlite", "database", "open"],
        ),
        (
            "bad redirect URI",
            ["--client", "app=callback"],
            ["app=callback", "redirect URI", "--client"],
        ),
    ] {
        // A server that does start is ended with the code 124.
        let ended = Command::new("timeout").args(["60", binary]).args(flags).output()?;
        let (code, text) = (ended.status.code(), String::from_utf8(ended.stderr)?);
        let missing: Vec<&str> = expected.into_iter().filter(|part| !text.contains(part)).collect();
        let refused = code.is_some_and(|code| code == 1 || code == 2);
        report.check(
            &format!("start, {case}"),
            format_args!("refused: {refused}, the message lacks {missing:?}"),
            "refused: true, the message lacks []",
        );
    }
    let help = Command::new(binary).arg("--help").output()?;
    let words: Vec<String> = String::from_utf8(help.stdout)?
        .split_whitespace()
        .map(str::to_owned)
        .collect();
    let replaces = words
        .join(" ")
        .contains("example-client=http://127.0.0.1/callback, which the first client");
    report.check("--help says that --client replaces the default", replaces, "true");
    Ok(())
}

/// Every response has a body, of the kind that its reader understands.
pub fn responses(binary: &str, report: &mut Report) -> Fallible<()> {
    let server = Server::start(binary, &[])?;
    let issuer = &server.issuer;
    let (form, json, page) = (
        "application/x-www-form-urlencoded",
        "application/json",
        "text/html; charset=utf-8",
    );
    let (bad, begin) = (
        "\"invalid_request\"",
        format!("cargo run -p native-client -- {issuer}<"),
    );
    let twice = "code_verifier=2&code_verifier=2&grant_type=authorization_code&code=1";
    let [fits, large] = [0, 1].map(|more| "a".repeat(16 * 1024 + more));
    for (request, body, status, expected) in [
        ("GET /", "", 200, begin.as_str()),
        ("GET /", "", 200, "href=\"/.well-known/oauth-authorization-server\""),
        ("GET /", "", 200, "<code>example-client</code>"),
        ("GET /login", "", 404, "<p>There is nothing at this address.</p>"),
        ("GET /token", "", 405, bad),
        ("PUT /", "", 405, "does not accept the HTTP method"),
        ("GET /authorize", "", 400, "<p>The request has no client_id.</p>"),
        ("POST /token", twice, 400, bad),
        ("POST /token", "{}", 400, bad),
        ("POST /authorize", "{}", 400, "<p>Content-Type must be"),
        ("POST /token", &fits, 400, bad),
        ("POST /token", &large, 413, bad),
        ("POST /authorize", &large, 413, "<p>The body is too large.</p>"),
    ] {
        let (method, path) = request.split_once(' ').unwrap_or_default();
        let sent = Request::builder()
            .method(method)
            .uri(format!("{issuer}{path}"))
            .header("content-type", if body == "{}" { json } else { form });
        let mut response = match body {
            "" => agent().run(sent.body(())?)?,
            body => agent().run(sent.body(body)?)?,
        };
        let text = response.body_mut().read_to_string()?;
        let kind = if path == "/token" { json } else { page };
        let outcome = (
            response.status().as_u16(),
            header(&response, "content-type"),
            text.contains(expected),
        );
        report.check(
            &format!(
                "{request} with {} octets, {}",
                body.len(),
                expected.replace(issuer, "ISSUER")
            ),
            format_args!("{outcome:?}"),
            &format!("{:?}", (status, kind, true)),
        );
    }

    let grant_type = ("grant_type", "authorization_code");
    let token = || agent().post(format!("{issuer}/token"));
    let basic = token().header("authorization", "Basic YTpi").send_form([grant_type])?;
    let secret = token().send_form([grant_type, ("client_secret", "b")])?;
    for (case, mut response) in [("Basic", basic), ("client_secret", secret)] {
        let is_named = response.body_mut().read_to_string()?.contains("\"invalid_client\"");
        let (status, realm) = (response.status().as_u16(), header(&response, "www-authenticate"));
        report.check(
            &format!("a client that authenticates with {case}"),
            format_args!("{status} {realm}, {is_named}"),
            "401 Basic realm=\"authorization-server\", true",
        );
    }
    Ok(())
}

fn header<'a, T>(response: &'a Response<T>, name: &str) -> &'a str {
    response
        .headers()
        .get(name)
        .and_then(|v| v.to_str().ok())
        .unwrap_or("none")
}

/// Runs the README's commands, except the first, which starts the server, and compares what they print with what the
/// README says they print.
pub fn readme(binary: &str, readme: &str, report: &mut Report) -> Fallible<()> {
    let server = Server::start(binary, &[])?;
    let text = fs::read_to_string(readme)?
        .replace("127.0.0.1:8080", server.address())
        .replace("127.0.0.1%3A8080", &server.address().replace(':', "%3A"));
    let mut blocks = text.split("```").skip(1).step_by(2).skip(1);
    let mut code = String::new();
    let mut number = 0;
    while let (Some(command), Some(output)) = (blocks.next(), blocks.next()) {
        let (Some(command), Some(output)) = (command.strip_prefix("sh\n"), output.strip_prefix("text\n")) else {
            return Err("the README has something other than a command and its output".into());
        };
        let run = Command::new("bash")
            .args(["-c", &command.replace("CODE", &code)])
            .output()?;
        let printed = String::from_utf8(run.stdout)?;
        if let Some(issued) = value(&printed, "?code=", '&') {
            code = issued.to_owned();
        }
        number += 1;
        report.check(&format!("README, command {number}"), masked(&printed), &masked(output));
    }
    report.check("README, commands with their output", number, "4");
    Ok(())
}

fn value<'a>(text: &'a str, before: &str, after: char) -> Option<&'a str> {
    let rest = &text[text.find(before)? + before.len()..];
    rest.find(after).map(|end| &rest[..end])
}

/// The text on one line, with the random values taken out.
fn masked(text: &str) -> String {
    let mut text = text.trim_end().replace('\n', " ");
    for (before, after) in [("?code=", '&'), ("\"access_token\":\"", '"')] {
        if let Some(random) = value(&text, before, after).map(str::to_owned) {
            text = text.replace(&random, "…");
        }
    }
    text
}
