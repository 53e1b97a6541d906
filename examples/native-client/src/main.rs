//! A login from a terminal, after RFC 8252: the system browser, a redirect to a loopback port, and PKCE.

mod callback;
mod discovery;
mod token;

use std::io::Write;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::Context;
use clap::Parser;
use indicatif::ProgressBar;
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, S256Support};
use url::Url;

use callback::{Expected, Listener};
use discovery::{Issuer, Metadata};

/// Log in at an OAuth 2.0 authorization server through the browser, and show its answer.
#[derive(Parser)]
#[command(name = "native-client")]
struct Options {
    /// The authorization server, exactly as it names itself: https://…, or http:// on this machine
    #[arg(value_name = "ISSUER")]
    issuer: Issuer,
    /// The public client that the server knows, with the redirect URI http://127.0.0.1/callback on any port
    #[arg(long, value_name = "ID", default_value = "example-client")]
    client_id: String,
    /// What to ask for, separated by spaces; OpenID providers want at least "openid"
    #[arg(long)]
    scope: Option<String>,
    /// The loopback port that the redirect comes to [default: a free one]
    #[arg(long, default_value_t = 0, hide_default_value = true)]
    port: u16,
    /// Only print the address to open
    #[arg(long, conflicts_with = "browser")]
    no_browser: bool,
    /// Open the address with this command instead of the desktop's browser
    #[arg(long, value_name = "COMMAND")]
    browser: Option<String>,
    /// How long to wait for the login
    #[arg(long, value_name = "SECONDS", default_value_t = 120, value_parser = clap::value_parser!(u64).range(1..=86_400))]
    timeout: u64,
}

fn main() -> ExitCode {
    let options = Options::parse();
    match log_in(&options) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn log_in(options: &Options) -> anyhow::Result<()> {
    let agent = agent();
    let metadata = discovery::discover(&agent, &options.issuer)?;
    if metadata.s256_support()? == S256Support::Unknown {
        eprintln!(
            "warning: the server does not say whether it supports PKCE; S256 is used, but a server may ignore it"
        );
    }

    // Everything that belongs to this one login and to no other. The verifier never leaves this process but in the
    // token request.
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let state = random_state()?;
    let listener = Listener::open(options.port)?;
    let redirect_uri = listener.redirect_uri();

    let address = authorization_url(&metadata, options, &redirect_uri, &state, &challenge);
    show(options, &address)?;

    let expected = Expected {
        state: &state,
        issuer: &metadata.issuer,
        iss_required: metadata.authorization_response_iss_parameter_supported,
    };
    let spinner = ProgressBar::new_spinner().with_message("Waiting for the login in the browser");
    spinner.enable_steady_tick(Duration::from_millis(100));
    let code = listener.wait(&expected, Duration::from_secs(options.timeout));
    spinner.finish_and_clear();

    let body = token::request_body(&options.client_id, &redirect_uri, &code?, &verifier);
    let answer = token::redeem(&agent, &metadata.token_endpoint, &body)?;
    print(&format!("Logged in.\n{answer}"))
}

/// Redirects are not followed: neither metadata nor a token comes from elsewhere, and no secret goes there.
fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .timeout_global(Some(Duration::from_secs(20)))
        .max_redirects(0)
        .max_redirects_will_error(false)
        .http_status_as_error(false)
        .user_agent("native-client")
        .build()
        .into()
}

/// Binds the redirect to this login. It travels in URLs, so it is never the verifier.
fn random_state() -> anyhow::Result<String> {
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

/// A browser that does not open is no error: whoever sits there can open the address by hand.
fn show(options: &Options, address: &Url) -> anyhow::Result<()> {
    if options.no_browser {
        return print(&format!("Open this address in a browser: {address}\n"));
    }
    let opened = match &options.browser {
        Some(command) => open::with_detached(address.as_str(), command),
        None => open::that_detached(address.as_str()),
    };
    match opened {
        Ok(()) => eprintln!("If no browser opens, open this address in one: {address}"),
        Err(why) => eprintln!("No browser could be started ({why}). Open this address in one: {address}"),
    }
    Ok(())
}

/// Unlike `println!`, it does not panic when nobody reads.
fn print(text: &str) -> anyhow::Result<()> {
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())
        .and_then(|()| out.flush())
        .context("cannot write to standard output")
}

/// Text from the network, without what a terminal would obey.
fn printable(text: &str) -> String {
    let harmless = |c: char| if c.is_control() { '\u{fffd}' } else { c };
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
    fn state_is_long_and_new_every_time() {
        let (one, another) = (random_state().unwrap(), random_state().unwrap());
        assert_eq!(one.len(), 32);
        assert_ne!(one, another);
    }

    #[test]
    fn printable_takes_the_terminal_codes_out() {
        assert_eq!(printable("no\u{1b}[2J \"entry\""), "no\u{fffd}[2J \"entry\"");
        assert_eq!(printable(&"x".repeat(1000)).len(), 300);
    }
}
