//! Prints a server's decision on a verifier: `cargo run --example verify -- CHALLENGE METHOD`.

use std::fmt::Display;
use std::io::{self, Read, Write};
use std::process::ExitCode;

use pkce_core::ServerPolicy;

const HELP: &str = "\
Reads a code_verifier from standard input and prints the decision of an authorization server.

Usage: verify [--allow-plain] CHALLENGE METHOD

  CHALLENGE      the code_challenge of the authorization request
  METHOD         its code_challenge_method: S256 or plain; '' if it is absent, which means plain
  --allow-plain  also accept the method plain
  -h, --help     print this help

Exit code: 0 if the verifier matches, 1 if the server refuses a request, 2 if the usage is invalid.
";

fn main() -> ExitCode {
    let mut policy = ServerPolicy::new();
    let mut values = Vec::new();
    for argument in std::env::args_os().skip(1) {
        match &*argument.to_string_lossy() {
            "-h" | "--help" => return print(0, HELP),
            "--allow-plain" => policy = policy.allow_plain(),
            value => values.push(value.to_owned()),
        }
    }
    let [challenge, method] = &values[..] else {
        let _ = writeln!(io::stderr(), "verify: expected CHALLENGE and METHOD, see --help");
        return ExitCode::from(2);
    };

    let stored = match policy.check_authorization_request(Some(challenge), Some(method)) {
        Ok(stored) => stored,
        Err(e) => return refuse("authorization", e.oauth_error(), &e),
    };
    match policy.check_token_request(Some(&stored), Some(&read_line())) {
        Ok(()) => print(0, "verified: the verifier matches the challenge\n"),
        Err(e) => refuse("token", e.oauth_error(), &e),
    }
}

fn refuse(endpoint: &str, error: &str, description: &dyn Display) -> ExitCode {
    print(
        1,
        &format!("refused at the {endpoint} endpoint\nerror: {error}\nerror_description: {description}\n"),
    )
}

fn print(code: u8, text: &str) -> ExitCode {
    // The exit code is the result, even if no one reads the output.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::from(code)
}

/// Reads standard input, without its line ending. A verifier has at most 128 bytes, so 1,024 are enough.
///
/// A byte that is not UTF-8 becomes U+FFFD, as in form decoding, and is refused.
fn read_line() -> String {
    let mut bytes = Vec::new();
    // Input that cannot be read is an absent verifier.
    let _ = io::stdin().take(1024).read_to_end(&mut bytes);
    let line = bytes.strip_suffix(b"\n").unwrap_or(&bytes);
    String::from_utf8_lossy(line.strip_suffix(b"\r").unwrap_or(line)).into_owned()
}
