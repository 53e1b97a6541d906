//! The crate against oidc-provider, a certified server: its values are accepted there, and of what that server refuses,
//! the crate accepts nothing.
//!
//! `oidc PATH`, with the path of `oidc-provider.mjs`. One line per case; exits with 1 when one was missed.

use std::process::{Command, ExitCode};

use interop::{Client, Fallible, Outcome, REDIRECT_URI, Report, STATE, Server, location, said};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};

/// What both say to a good request.
const ACCEPTED: &str = "accepted";
const POLICY: ServerPolicy = ServerPolicy::new();

/// Where the two answer differently: the case, their answer, ours, and what decides it. Any other difference is a miss.
const DIFFERENCES: &[(&str, &str, &str, &str)] = &[
    (
        "challenge of 44 characters",
        "accepted",
        "invalid_request",
        "RFC 7636 4.2: BASE64URL(SHA256(…)) has 43, so no verifier can match it",
    ),
    (
        "challenge of 128 characters",
        "accepted",
        "invalid_request",
        "RFC 7636 4.2: BASE64URL(SHA256(…)) has 43, so no verifier can match it",
    ),
    (
        "challenge with . and ~",
        "accepted",
        "invalid_request",
        "RFC 7636 4.2 and RFC 4648 5: neither is base64url, so no verifier can match it",
    ),
    (
        "challenge with spare bits set",
        "accepted",
        "invalid_request",
        "RFC 4648 3.5: encoders set them to zero, so no verifier can match it",
    ),
];

fn main() -> ExitCode {
    interop::part("oidc-provider", run)
}

fn run(report: &mut Report, arguments: &[&str]) -> Fallible<()> {
    let [script] = arguments else {
        return Err("usage: oidc PATH-OF-oidc-provider.mjs".into());
    };
    let server = Server::spawn(Command::new("node").arg(script))?;
    let provider = Provider(Client::discover_at(&server.issuer, "openid-configuration")?);
    let mut report = Comparison(report);
    good_values(&provider, &mut report)?;
    bad_verifiers(&provider, &mut report)?;
    bad_challenges(&provider, &mut report)
}

/// Verifiers of every length that matters and of the whole alphabet: both must accept them.
fn good_values(provider: &Provider, report: &mut Comparison<'_>) -> Fallible<()> {
    let alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~";
    for (case, verifier) in [
        ("right verifier, generated", CodeVerifier::generate()?),
        ("right verifier, generated again", CodeVerifier::generate()?),
        (
            "right verifier of 43 characters, octets given",
            CodeVerifier::from_random_bytes(&[0xff; 32]),
        ),
        (
            "right verifier of 128 characters, octets given",
            CodeVerifier::from_random_bytes(&[0; 96]),
        ),
        ("right verifier of all 66 characters", CodeVerifier::parse(alphabet)?),
        ("right verifier, only tildes", CodeVerifier::parse(&"~".repeat(43))?),
    ] {
        let challenge = verifier.challenge(CodeChallengeMethod::S256);
        let theirs = provider.log_in_and_redeem(&challenge, &[verifier.expose_secret()])?;
        let ours = our_token_answer(&challenge, Some(verifier.expose_secret()));
        report.must_accept(case, &theirs, ours);
    }
    Ok(())
}

/// Each with a code of its own.
fn bad_verifiers(provider: &Provider, report: &mut Comparison<'_>) -> Fallible<()> {
    let right = CodeVerifier::generate()?;
    let wrong = CodeVerifier::generate()?;
    let challenge = right.challenge(CodeChallengeMethod::S256);
    let right = right.expose_secret();

    for (case, verifier) in [
        ("wrong verifier", Some(wrong.expose_secret())),
        ("challenge sent as verifier", Some(challenge.as_str())),
        ("missing verifier", None),
        ("empty verifier", Some("")),
        ("verifier of 1 character", Some("a")),
        ("verifier of 42 characters", Some(&right[..42])),
        ("verifier of 129 characters", Some(&"a".repeat(129))),
        ("verifier of 10000 characters", Some(&"a".repeat(10_000))),
        ("verifier with +", Some(&format!("{}+", &right[..42]))),
        ("verifier with =", Some(&format!("{right}="))),
        ("verifier with a space", Some(&format!("{right} "))),
        ("verifier with a newline", Some(&format!("{right}\n"))),
        ("verifier with a NUL", Some(&format!("{right}\0"))),
        ("verifier with \u{e9}", Some(&format!("{right}\u{e9}"))),
    ] {
        let theirs = provider.log_in_and_redeem(&challenge, verifier.as_slice())?;
        report.must_refuse(case, &theirs, our_token_answer(&challenge, verifier));
    }
    let theirs = provider.log_in_and_redeem(&challenge, &[right, right])?;
    report.must_refuse_unasked("repeated verifier", &theirs);
    Ok(())
}

fn bad_challenges(provider: &Provider, report: &mut Comparison<'_>) -> Fallible<()> {
    let verifier = CodeVerifier::generate()?;
    let right = verifier.challenge(CodeChallengeMethod::S256);
    let right = right.as_str();
    let spare_bits = format!("{}B", &right[..42]);
    let (s256, plain) = (Some("S256"), Some("plain"));

    for (case, challenge, method) in [
        ("method plain", Some(verifier.expose_secret()), plain),
        ("method s256", Some(right), Some("s256")),
        ("method S512", Some(right), Some("S512")),
        ("no method", Some(right), None),
        ("empty method", Some(right), Some("")),
        ("no challenge, no method", None, None),
        ("no challenge, method S256", None, s256),
        ("no challenge, method plain", None, plain),
        ("empty challenge", Some(""), s256),
        ("empty challenge, empty method", Some(""), Some("")),
        ("challenge of 1 character", Some("a"), s256),
        ("challenge of 42 characters", Some(&right[..42]), s256),
        ("challenge of 44 characters", Some(&format!("{right}A")), s256),
        ("challenge of 128 characters", Some(&"A".repeat(128)), s256),
        ("challenge of 129 characters", Some(&"A".repeat(129)), s256),
        ("challenge, padded", Some(&format!("{right}=")), s256),
        ("challenge with + and /", Some(&format!("+/{}", &right[2..])), s256),
        ("challenge with . and ~", Some(&format!(".~{}", &right[2..])), s256),
        ("challenge with spare bits set", Some(&spare_bits), s256),
    ] {
        let challenges = challenge.map(|value| ("code_challenge", value));
        let methods = method.map(|value| ("code_challenge_method", value));
        let parameters: Vec<_> = challenges.into_iter().chain(methods).collect();
        let theirs = provider.authorize(&parameters)?;
        let ours = POLICY.check_authorization_request(challenge, method);
        report.must_refuse(case, said(&theirs), ours.map_or_else(|e| e.oauth_error(), |_| ACCEPTED));
    }
    let (challenge, method) = (("code_challenge", right), ("code_challenge_method", "S256"));
    for (case, parameters) in [
        ("repeated challenge", [challenge, challenge, method]),
        ("repeated method", [challenge, method, method]),
    ] {
        report.must_refuse_unasked(case, said(&provider.authorize(&parameters)?));
    }
    Ok(())
}

fn our_token_answer(challenge: &CodeChallenge, verifier: Option<&str>) -> &'static str {
    match POLICY.check_token_request(Some(challenge), verifier) {
        Ok(()) => ACCEPTED,
        Err(why) => why.oauth_error(),
    }
}

/// Sets their answers beside ours.
struct Comparison<'a>(&'a mut Report);

impl Comparison<'_> {
    fn must_accept(&mut self, case: &str, theirs: &str, ours: &str) {
        self.check(case, theirs, ours, "theirs accepted, ours accepted");
    }

    /// The same answer of both; or the difference that is listed for this case, which must still be there.
    fn must_refuse(&mut self, case: &str, theirs: &str, ours: &str) {
        match DIFFERENCES.iter().find(|(name, ..)| *name == case) {
            Some((_, they, we, why)) if theirs == *they && ours == *we => {
                println!("differs  oidc-provider  {case}: theirs {they}, ours {we} ({why})");
            }
            Some((_, they, we, _)) => self.check(case, theirs, ours, &format!("theirs {they}, ours {we}")),
            None if ours == ACCEPTED => self.check(case, theirs, ours, "refused by both"),
            None => self.check(case, theirs, ours, &format!("theirs {ours}, ours {ours}")),
        }
    }

    /// RFC 6749 3.1 and 3.2: a repeated parameter is an invalid request before PKCE is looked at. The crate takes one
    /// value of each, so its caller refuses.
    fn must_refuse_unasked(&mut self, case: &str, theirs: &str) {
        self.0
            .check(&format!("{case}, before the crate is asked"), theirs, "invalid_request");
    }

    fn check(&mut self, case: &str, theirs: &str, ours: &str, expected: &str) {
        self.0
            .check(case, format_args!("theirs {theirs}, ours {ours}"), expected);
    }
}

/// The server, and the user at its pages.
struct Provider(Client);

impl Provider {
    /// The whole flow up to the answer of the token endpoint, with as many verifiers as there are.
    fn log_in_and_redeem(&self, challenge: &CodeChallenge, verifiers: &[&str]) -> Fallible<String> {
        let code = self.authorize(&challenge.authorization_params())?;
        let code = code.map_err(|error| format!("the authorization endpoint refused our challenge: {error}"))?;
        Ok(said(&self.0.redeem(&code, verifiers)?).to_owned())
    }

    /// Goes from redirect to redirect and answers the server's pages, until one leads back to the client.
    fn authorize(&self, pkce: &[(&str, &str)]) -> Fallible<Outcome> {
        let mut url = self.0.authorization_url(&[&[("scope", "openid")][..], pkce].concat())?;
        for _ in 0..10 {
            let mut answer = self.0.agent.get(url.as_str()).call()?;
            if answer.status() == 200 {
                // A page of the built-in login: it says itself what it asks for.
                let page = answer.body_mut().read_to_string()?;
                let prompt = if page.contains(r#"value="login""#) {
                    "login"
                } else {
                    "consent"
                };
                answer = self.0.agent.post(url.as_str()).send_form([
                    ("prompt", prompt),
                    ("login", "user"),
                    ("password", "any"),
                ])?;
            }
            url = location(&answer, &url)?;
            if url.as_str().starts_with(REDIRECT_URI) {
                return self.0.read_redirect(&url, STATE);
            }
        }
        Err("the login does not come to an end".into())
    }
}
