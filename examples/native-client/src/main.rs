//! A login from a terminal (RFC 8252): the system browser, a redirect to a loopback port, and PKCE.

mod callback;
mod discovery;
mod token;

use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, ensure};
use clap::Parser;
use indicatif::ProgressBar;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, S256Support};
use ureq::tls::{PemItem, RootCerts, TlsConfig, parse_pem};
use url::Url;

use callback::{Expected, Listener};
use discovery::{Issuer, Metadata};

/// Log in at an OAuth 2.0 authorization server through the browser.
#[derive(Parser)]
#[command(name = "native-client")]
struct Options {
    /// The authorization server, exactly as it names itself: https://…, or http:// on this machine
    #[arg(value_name = "ISSUER")]
    issuer: Issuer,
    /// The public client that the server knows, with the redirect URI http://127.0.0.1/callback on any port
    #[arg(long, value_name = "ID", default_value = "example-client", value_parser = not_empty)]
    client_id: String,
    /// The scope to request, separated by spaces; OpenID providers expect at least "openid"
    #[arg(long)]
    scope: Option<String>,
    /// The loopback port of the redirect URI [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Only print the address to open
    #[arg(long, conflicts_with = "browser")]
    no_browser: bool,
    /// Open the address with this command instead of the desktop's browser
    #[arg(long, value_name = "COMMAND")]
    browser: Option<String>,
    /// Trust the certificate authorities in this PEM file instead of the public ones
    #[arg(long, value_name = "FILE")]
    ca: Option<PathBuf>,
    /// How long to wait for the login
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

impl Options {
    fn asks_for_openid(&self) -> bool {
        let scope = self.scope.as_deref().unwrap_or_default();
        scope.split(' ').any(|name| name == "openid")
    }
}

fn not_empty(text: &str) -> Result<String, &'static str> {
    if text.is_empty() {
        Err("must not be empty")
    } else {
        Ok(text.to_owned())
    }
}

fn main() -> ExitCode {
    let options = Options::parse();
    match log_in(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            note(&format!("error: {error:#}"));
            ExitCode::FAILURE
        }
    }
}

fn log_in(options: &Options) -> anyhow::Result<()> {
    let agent = agent(options.ca.as_deref())?;
    let metadata = discovery::discover(&agent, &options.issuer)?;
    if metadata.s256_support()? == S256Support::Unknown {
        note("warning: the server does not say whether it supports PKCE; S256 is used, but the server may ignore it");
    }

    // These belong to this login only. The verifier leaves the process in the token request and nowhere else.
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let state = random_text()?;
    let listener = Listener::open(options.port)?;
    let redirect_uri = listener.redirect_uri();

    let mut address = authorization_url(&metadata, options, &redirect_uri, &state, &challenge);
    if options.asks_for_openid() {
        // Some OpenID providers refuse a request without one. This client does not read the ID token that contains it.
        address.query_pairs_mut().append_pair("nonce", &random_text()?);
    }
    show(options, &address)?;

    let expected = Expected {
        state: &state,
        issuer: &metadata.issuer,
        iss_required: metadata.iss_required(),
    };
    let spinner = ProgressBar::new_spinner().with_message("Waiting for the login in the browser");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let code = listener.wait(&expected, Duration::from_secs(options.timeout));
    spinner.finish_and_clear();

    let body = token::request_body(&options.client_id, &redirect_uri, &code?, &verifier);
    let token = token::redeem(&agent, &metadata.token_endpoint, &body)?;
    print(&format!("Logged in.\n{token}"))
}

/// Does not follow redirects: metadata and tokens come from the server itself, and no secret goes elsewhere.
fn agent(ca: Option<&Path>) -> anyhow::Result<ureq::Agent> {
    let mut tls = TlsConfig::builder();
    if let Some(file) = ca {
        let unusable = || format!("cannot use the certificates in {}", file.display());
        let pem = fs::read(file).with_context(unusable)?;
        let mut certificates = Vec::new();
        for item in parse_pem(&pem) {
            if let PemItem::Certificate(certificate) = item.with_context(unusable)? {
                certificates.push(certificate);
            }
        }
        ensure!(
            !certificates.is_empty(),
            "there is no certificate in {}",
            file.display()
        );
        tls = tls.root_certs(RootCerts::new_with_certs(&certificates));
    }
    Ok(ureq::Agent::config_builder()
        .tls_config(tls.build())
        .timeout_global(Some(Duration::from_secs(20)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent("native-client")
        .build()
        .into())
}

/// Says what went wrong with a request.
fn trouble(error: &ureq::Error) -> String {
    match error {
        ureq::Error::BodyExceedsLimit(limit) => format!("is too large: more than {} KiB", limit / 1024),
        ureq::Error::Timeout(_) => "is too slow: no complete response within 20 s".to_owned(),
        other => format!("cannot be reached: {}", printable(&other.to_string())),
    }
}

/// Generates a `state` or a `nonce`. Both are visible in URLs, so neither is ever the verifier.
fn random_text() -> anyhow::Result<String> {
    let words = getrandom::u64().and_then(|high| Ok((high, getrandom::u64()?)));
    let (high, low) = words.context("the random number generator of the operating system failed")?;
    Ok(format!("{high:016x}{low:016x}"))
}

fn authorization_url(
    metadata: &Metadata,
    options: &Options,
    redirect_uri: &str,
    state: &str,
    challenge: &CodeChallenge,
) -> Url {
    let mut url = metadata.authorization_endpoint.clone();
    url.query_pairs_mut()
        .append_pair("response_type", "code")
        .append_pair("client_id", &options.client_id)
        .append_pair("redirect_uri", redirect_uri)
        .append_pair("state", state)
        .extend_pairs(challenge.authorization_params())
        .extend_pairs(options.scope.iter().map(|scope| ("scope", scope)));
    url
}

/// Opens the browser. If that fails, the user can open the address by hand.
fn show(options: &Options, address: &Url) -> anyhow::Result<()> {
    if options.no_browser {
        return print(&format!("Open this address in a browser: {address}\n"));
    }
    let opened = match &options.browser {
        Some(command) => open::with_detached(address.as_str(), command),
        None => open::that_detached(address.as_str()),
    };
    // The error may quote the address.
    note(&match opened {
        Ok(()) => format!("If no browser opens, open this address in one: {address}"),
        Err(_) => format!("No browser could be started, so open this address in one: {address}"),
    });
    Ok(())
}

/// Unlike `eprintln!`, does not panic if the reader is gone.
fn note(text: &str) {
    let _ = writeln!(io::stderr(), "{text}");
}

/// Unlike `println!`, does not panic if the reader is gone.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Returns text from the network without control characters, which a terminal obeys, and without invisible and
/// bidirectional formatting characters, which disguise text.
fn printable(text: &str) -> String {
    let disguises = |c| matches!(c, '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}');
    let harmless = |c: char| if c.is_control() || disguises(c) { '\u{fffd}' } else { c };
    text.chars().take(300).map(harmless).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url_for(arguments: &[&str], endpoint: &str) -> String {
        let json = format!(
            r#"{{"issuer":"https://server.example","authorization_endpoint":"{endpoint}",
                 "token_endpoint":"https://server.example/token"}}"#
        );
        let metadata: Metadata = serde_json::from_str(&json).unwrap();
        let arguments = ["native-client", "https://server.example"].iter().chain(arguments);
        let options = Options::try_parse_from(arguments).unwrap();
        // RFC 7636 Appendix B.
        let verifier = CodeVerifier::parse("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk").unwrap();
        let challenge = verifier.challenge(CodeChallengeMethod::S256);
        authorization_url(
            &metadata,
            &options,
            "http://127.0.0.1:4711/callback",
            "5tate",
            &challenge,
        )
        .into()
    }

    #[test]
    fn authorization_url_has_every_parameter_once() {
        assert_eq!(
            url_for(&[], "https://server.example/authorize"),
            "https://server.example/authorize?response_type=code&client_id=example-client\
             &redirect_uri=http%3A%2F%2F127.0.0.1%3A4711%2Fcallback&state=5tate\
             &code_challenge=E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM&code_challenge_method=S256"
        );
    }

    #[test]
    fn authorization_url_keeps_the_endpoints_own_query_and_encodes_what_is_given() {
        let url = url_for(
            &["--scope", "openid email", "--client-id", "a&b"],
            "https://server.example/authorize?tenant=7",
        );
        assert!(url.starts_with("https://server.example/authorize?tenant=7&response_type=code&client_id=a%26b&"));
        assert!(url.ends_with("&scope=openid+email"));
    }

    #[test]
    fn openid_is_recognized_as_a_whole_word() {
        let asks = |scope| {
            let arguments = ["native-client", "https://server.example", "--scope", scope];
            Options::try_parse_from(arguments).unwrap().asks_for_openid()
        };
        assert!(asks("openid") && asks("email openid"));
        assert!(!asks("openidx") && !asks(""));
    }

    #[test]
    fn state_is_long_and_new_every_time() {
        let (one, another) = (random_text().unwrap(), random_text().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, another);
    }

    #[test]
    fn printable_removes_control_and_bidirectional_characters() {
        assert_eq!(printable("no\u{1b}[2J \"entry\""), "no\u{fffd}[2J \"entry\"");
        assert_eq!(
            printable("evil\u{202e}moc.\u{2066}x\u{200f}"),
            "evil\u{fffd}moc.\u{fffd}x\u{fffd}"
        );
        assert_eq!(printable(&"x".repeat(1000)).len(), 300);
    }
}
