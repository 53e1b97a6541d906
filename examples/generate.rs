//! One whole PKCE exchange: `cargo run --example generate`.

use std::fmt::Write as _;
use std::io::{self, Read as _, Write as _};
use std::process::ExitCode;

use pkce_core::{CodeChallengeMethod, CodeVerifier, ServerPolicy};

const HELP: &str = "\
Shows one whole PKCE exchange: a code_verifier, its S256 code_challenge, the authorization URL, the token request, and
the check that the server makes.

Usage: generate [VERIFIER | -]
       cargo run --example generate [-- VERIFIER | -]

  (nothing)   make a fresh verifier
  VERIFIER    use this one; other users of the machine may see it in the list of processes
  -           read it from standard input, without one trailing newline
  --          what follows is a verifier, even if it begins with '-'
  -h, --help  show this text

Exit code: 0; 1 if there are no random octets or the output cannot be written; 2 for a bad verifier or wrong usage.
";

const AUTHORIZATION_ENDPOINT: &str = "https://server.example/authorize";
const TOKEN_ENDPOINT: &str = "https://server.example/token";
const CLIENT_ID: &str = "s6BhdRkqt3";
const REDIRECT_URI: &str = "https://client.example/callback?from=server";
/// The server makes it, and the redirect carries it. This is the one in RFC 6749 section 4.1.2.
const CODE: &str = "SplxlOBeZQQYbYS6WxSbIA";

/// No more than this is read from standard input: a verifier has at most 128 bytes.
const INPUT_LIMIT: u64 = 64 * 1024;

/// Where the verifier comes from.
enum Source {
    Fresh,
    Given(String),
    StandardInput,
}

fn main() -> ExitCode {
    match run() {
        Ok(text) => print(&text),
        Err((code, message)) => {
            let _ = writeln!(io::stderr(), "generate: {message}");
            ExitCode::from(code)
        }
    }
}

/// What goes to standard output, or an exit code and what goes to standard error.
fn run() -> Result<String, (u8, String)> {
    let Some(source) = arguments()? else {
        return Ok(HELP.to_owned());
    };
    let verifier = match source {
        Source::Fresh => CodeVerifier::generate().map_err(|e| (1, e.to_string()))?,
        Source::Given(text) => parse(&text)?,
        Source::StandardInput => parse(&standard_input()?)?,
    };
    // Any random text will do for the state. It is a value of its own: whoever sees the URL sees the state, so a
    // verifier that doubles as the state is no secret.
    let state = CodeVerifier::generate().map_err(|e| (1, e.to_string()))?;
    exchange(&verifier, state.expose_secret()).map_err(|e| (1, e.to_string()))
}

/// `None` asks for help.
fn arguments() -> Result<Option<Source>, (u8, String)> {
    // No message repeats an argument: it may be a verifier with a typing error.
    let usage = |problem: &str| {
        (
            2,
            format!("{problem}\nUsage: generate [VERIFIER | -]   (--help says more)"),
        )
    };
    let mut source = None;
    let mut options = true;
    for argument in std::env::args_os().skip(1) {
        let argument = argument.into_string().map_err(|_| usage("an argument is not UTF-8"))?;
        let new = match argument.as_str() {
            "-h" | "--help" if options => return Ok(None),
            "--" if options => {
                options = false;
                continue;
            }
            "-" if options => Source::StandardInput,
            // A verifier may begin with '-', and no option is as long as one.
            a if options && a.starts_with('-') && a.len() < CodeVerifier::MIN_LEN => {
                return Err(usage("unknown option"));
            }
            _ => Source::Given(argument),
        };
        if source.replace(new).is_some() {
            return Err(usage("more than one verifier"));
        }
    }
    Ok(Some(source.unwrap_or(Source::Fresh)))
}

fn standard_input() -> Result<String, (u8, String)> {
    let mut text = String::new();
    io::stdin()
        .take(INPUT_LIMIT)
        .read_to_string(&mut text)
        .map_err(|e| (2, format!("standard input: {e}")))?;
    let end = text
        .strip_suffix('\n')
        .map_or(text.len(), |line| line.strip_suffix('\r').unwrap_or(line).len());
    text.truncate(end);
    Ok(text)
}

fn parse(text: &str) -> Result<CodeVerifier, (u8, String)> {
    // The error names the rule, and for a bad byte its offset. It never holds the value.
    CodeVerifier::parse(text).map_err(|e| (2, format!("not a code_verifier: {e}")))
}

/// The story, as text.
///
/// A demonstration: it prints the verifier on purpose. A real client never does. It keeps the verifier in the user's
/// session, and sends it in the body of one token request.
fn exchange(verifier: &CodeVerifier, state: &str) -> Result<String, std::fmt::Error> {
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let secret = verifier.expose_secret();
    let mut out = String::new();

    writeln!(out, "The client makes a verifier and its challenge.")?;
    writeln!(
        out,
        "(This is a demonstration: a real client never prints its verifier.)\n"
    )?;
    writeln!(out, "  code_verifier          {secret}")?;
    writeln!(out, "  code_challenge         {}", challenge.as_str())?;
    writeln!(out, "  code_challenge_method  {}", challenge.method())?;

    writeln!(out, "\nIt sends the user's browser to the authorization endpoint.\n")?;
    let mut url = format!("{AUTHORIZATION_ENDPOINT}?response_type=code");
    let own = [
        ("client_id", CLIENT_ID),
        ("redirect_uri", REDIRECT_URI),
        ("state", state),
    ];
    for (name, value) in own.into_iter().chain(challenge.authorization_params()) {
        write!(url, "&{name}={}", percent_encoded(value))?;
    }
    writeln!(out, "  {url}")?;

    writeln!(
        out,
        "\nThe redirect brings a code and the same state back. The client sends the code and the verifier.\n"
    )?;
    writeln!(out, "  curl '{TOKEN_ENDPOINT}' \\")?;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", CODE),
        ("redirect_uri", REDIRECT_URI),
        ("client_id", CLIENT_ID),
        ("code_verifier", secret),
    ];
    for (i, (name, value)) in fields.into_iter().enumerate() {
        let more = if i + 1 < fields.len() { " \\" } else { "" };
        writeln!(out, "    --data '{name}={}'{more}", percent_encoded(value))?;
    }

    writeln!(
        out,
        "\nThe server checks both requests. Its policy is the default one: PKCE is required, only S256.\n"
    )?;
    let policy = ServerPolicy::new();
    let [(_, code_challenge), (_, method)] = challenge.authorization_params();
    match policy.check_authorization_request(Some(code_challenge), Some(method)) {
        Err(e) => writeln!(out, "  authorization request  refused, {}: {e}", e.oauth_error())?,
        Ok(stored) => {
            writeln!(
                out,
                "  authorization request  accepted: the challenge and its method are stored with the code"
            )?;
            match policy.check_token_request(Some(&stored), Some(secret)) {
                Ok(()) => writeln!(out, "  token request          verified: tokens may be issued")?,
                Err(e) => writeln!(out, "  token request          refused, {}: {e}", e.oauth_error())?,
            }
        }
    }
    Ok(out)
}

/// Percent-encoding of everything but the unreserved characters, RFC 3986 section 2.1. A verifier, a challenge and a
/// method consist of unreserved characters, and pass unchanged.
fn percent_encoded(value: &str) -> String {
    value.bytes().fold(String::new(), |mut text, byte| {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            text.push(char::from(byte));
        } else {
            text.push_str(&format!("%{byte:02X}"));
        }
        text
    })
}

fn print(text: &str) -> ExitCode {
    let mut stdout = io::stdout().lock();
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Ok(()) => ExitCode::SUCCESS,
        // The reader has seen enough, as `head` does.
        Err(e) if e.kind() == io::ErrorKind::BrokenPipe => ExitCode::SUCCESS,
        Err(e) => {
            let _ = writeln!(io::stderr(), "generate: standard output: {e}");
            ExitCode::FAILURE
        }
    }
}
