//! Prints one complete PKCE exchange: `cargo run --example generate`.

use std::error::Error;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use pkce_core::{CodeChallengeMethod, CodeVerifier, ServerPolicy};

const HELP: &str = "\
Prints one complete PKCE exchange: a code_verifier, its S256 code_challenge, the authorization URL, the token request
as a curl command, and the decisions of the server.

Usage: generate [VERIFIER | -]

  VERIFIER    use this verifier instead of a new one; other users of the machine can see it in the process list
  -           read the verifier from standard input
  -h, --help  print this help

Exit code: 0 on success, 1 if the exchange fails, 2 if the verifier or the usage is invalid.
";

/// A real client never prints its verifier. This one does, to show where it is sent.
fn exchange(verifier: &CodeVerifier) -> Result<String, Box<dyn Error>> {
    // The client, before the redirect. `state` is another random value, because it appears in URLs.
    let state = CodeVerifier::generate()?;
    let state = state.expose_secret();
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let client = "client_id=s6BhdRkqt3&redirect_uri=https%3A%2F%2Fclient.example%2Fcallback";
    let mut url = format!("https://server.example/authorize?response_type=code&{client}&state={state}");
    for (name, value) in challenge.authorization_params() {
        url += &format!("&{name}={value}");
    }

    // The server, at the authorization endpoint. It stores the challenge and its method with the code.
    let policy = ServerPolicy::new();
    let [(_, sent), (_, method)] = challenge.authorization_params();
    let stored = policy.check_authorization_request(Some(sent), Some(method))?;

    // The client, after the redirect.
    let secret = verifier.expose_secret();
    let form = format!("grant_type=authorization_code&code=SplxlOBeZQQYbYS6WxSbIA&{client}&code_verifier={secret}");

    // The server, at the token endpoint.
    policy.check_token_request(Some(&stored), Some(secret))?;

    Ok(format!(
        "\
The client generates a verifier and derives its challenge.
(This is a demonstration: a real client never prints its verifier.)

  code_verifier          {secret}
  code_challenge         {sent}
  code_challenge_method  {method}

It opens the authorization URL in the user's browser.

  {url}

The redirect returns a code and the same state. The client sends the code and the verifier.

  curl 'https://server.example/token' --data '{form}'

The server requires PKCE and accepts only S256.

  authorization request  accepted: store the challenge and its method with the code
  token request          verified: issue tokens
"
    ))
}

fn main() -> ExitCode {
    match run() {
        Ok(text) => match io::stdout().write_all(text.as_bytes()) {
            Err(e) if e.kind() != io::ErrorKind::BrokenPipe => fail(1, &e.to_string()),
            _ => ExitCode::SUCCESS,
        },
        Err((code, message)) => fail(code, &message),
    }
}

fn fail(code: u8, message: &str) -> ExitCode {
    // Standard error may be closed too.
    let _ = writeln!(io::stderr(), "generate: {message}");
    ExitCode::from(code)
}

/// Returns the text to print, or an exit code and a message that contains no argument.
fn run() -> Result<String, (u8, String)> {
    let mut arguments = std::env::args_os().skip(1);
    let verifier = match (arguments.next(), arguments.next()) {
        (None, _) => CodeVerifier::generate().map_err(|e| (1, e.to_string()))?,
        (Some(argument), None) => match &*argument.to_string_lossy() {
            "-h" | "--help" => return Ok(HELP.to_owned()),
            "-" => parse(&read_line().map_err(|e| (2, e.to_string()))?)?,
            verifier => parse(verifier)?,
        },
        (Some(_), Some(_)) => return Err((2, "expected at most one argument, see --help".to_owned())),
    };
    exchange(&verifier).map_err(|e| (1, e.to_string()))
}

fn parse(value: &str) -> Result<CodeVerifier, (u8, String)> {
    CodeVerifier::parse(value).map_err(|e| (2, format!("{e}, see --help")))
}

/// Reads standard input, without its line ending. A verifier has at most 128 bytes, so 1,024 are enough.
fn read_line() -> io::Result<String> {
    let mut line = String::new();
    io::stdin().take(1024).read_to_string(&mut line)?;
    let line = line.strip_suffix('\n').unwrap_or(&line);
    Ok(line.strip_suffix('\r').unwrap_or(line).to_owned())
}
