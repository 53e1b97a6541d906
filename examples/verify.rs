//! A server's decision on one verifier: `cargo run --example verify -- CHALLENGE METHOD`.

use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use pkce_core::{CodeVerifier, ServerPolicy};

const HELP: &str = "\
Reads a code_verifier from standard input, without one trailing newline, and prints what an authorization server
decides.

Usage: verify [--allow-plain] CHALLENGE METHOD
       cargo run --example verify -- [--allow-plain] CHALLENGE METHOD

  CHALLENGE      the code_challenge of the authorization request
  METHOD         its code_challenge_method: S256 or plain; '' is an absent one, which means plain
  --allow-plain  accept the method plain too; without it only S256 is accepted
  --             what follows is no option, even if it begins with '-'
  -h, --help     show this text

Exit code: 0 if the verifier is the right one, 1 if the server refuses either request, 2 for wrong usage.
";

/// No more than this is read from standard input: a verifier has at most 128 bytes.
const INPUT_LIMIT: u64 = 64 * 1024;

struct Arguments {
    policy: ServerPolicy,
    challenge: String,
    method: String,
}

fn main() -> ExitCode {
    let (code, text) = match arguments() {
        Ok(None) => (0, HELP.to_owned()),
        Ok(Some(arguments)) => match decide(&arguments) {
            Ok(answer) => answer,
            Err(e) => return wrong_usage(&format!("standard input: {e}")),
        },
        Err(problem) => return wrong_usage(problem),
    };
    // The exit code holds the answer, also for a reader that has gone away.
    let _ = io::stdout().write_all(text.as_bytes());
    ExitCode::from(code)
}

fn wrong_usage(problem: &str) -> ExitCode {
    let usage = "Usage: verify [--allow-plain] CHALLENGE METHOD   (--help says more)";
    let _ = writeln!(io::stderr(), "verify: {problem}\n{usage}");
    ExitCode::from(2)
}

/// `None` asks for help.
fn arguments() -> Result<Option<Arguments>, &'static str> {
    let mut policy = ServerPolicy::new();
    let mut values = Vec::new();
    let mut options = true;
    for argument in std::env::args_os().skip(1) {
        let argument = argument.into_string().map_err(|_| "an argument is not UTF-8")?;
        match argument.as_str() {
            "-h" | "--help" if options => return Ok(None),
            "--" if options => options = false,
            "--allow-plain" if options => policy = policy.allow_plain(),
            // A challenge may begin with '-', and no option is as long as one.
            a if options && a.starts_with('-') && a.len() < CodeVerifier::MIN_LEN => return Err("unknown option"),
            _ => values.push(argument),
        }
    }
    match <[String; 2]>::try_from(values) {
        Ok([challenge, method]) => Ok(Some(Arguments {
            policy,
            challenge,
            method,
        })),
        Err(_) => Err("CHALLENGE and METHOD are needed, and nothing else"),
    }
}

/// The exit code, and what goes to standard output.
fn decide(
    Arguments {
        policy,
        challenge,
        method,
    }: &Arguments,
) -> io::Result<(u8, String)> {
    let stored = match policy.check_authorization_request(Some(challenge), Some(method)) {
        Ok(stored) => stored,
        Err(e) => return Ok(refused("authorization", e.oauth_error(), &e)),
    };
    let verifier = standard_input()?;
    Ok(match policy.check_token_request(Some(&stored), Some(&verifier)) {
        Ok(()) => (0, "verified: the verifier belongs to the challenge\n".to_owned()),
        Err(e) => refused("token", e.oauth_error(), &e),
    })
}

fn refused(endpoint: &str, code: &str, description: &dyn std::error::Error) -> (u8, String) {
    (
        1,
        format!("refused at the {endpoint} endpoint\nerror: {code}\nerror_description: {description}\n"),
    )
}

/// What a server gets to see: a byte that is not UTF-8 arrives as U+FFFD, as form decoding makes it, and is refused as
/// such.
fn standard_input() -> io::Result<String> {
    let mut octets = Vec::new();
    io::stdin().take(INPUT_LIMIT).read_to_end(&mut octets)?;
    let line = octets
        .strip_suffix(b"\n")
        .map(|line| line.strip_suffix(b"\r").unwrap_or(line))
        .unwrap_or(&octets);
    Ok(String::from_utf8_lossy(line).into_owned())
}
