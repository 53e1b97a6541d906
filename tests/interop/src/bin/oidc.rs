//! The crate against oidc-provider, a certified server: its values are accepted there, and of what that server refuses,
//! the crate accepts nothing.
//!
//! `oidc ISSUER`, with the issuer that `oidc-provider.mjs` prints. One line per case; exits with 1 when one was missed.

use std::error::Error;
use std::fmt;
use std::process::ExitCode;

use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use ureq::http::Response;
use ureq::{Agent, Body};
use url::Url;

type Fallible<T> = Result<T, Box<dyn Error>>;

const CLIENT: &str = "example-client";
/// Nobody listens there: the redirect is read, not followed.
const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
const STATE: &str = "af0ifjsldkj";
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

/// What one of the two says to a request.
#[derive(PartialEq)]
enum Answer {
    Accepted,
    Refused(String),
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted => f.write_str("accepted"),
            Self::Refused(error) => f.write_str(error),
        }
    }
}

fn main() -> ExitCode {
    let Some(issuer) = std::env::args().nth(1) else {
        eprintln!("usage: oidc ISSUER");
        return ExitCode::from(2);
    };
    match run(&issuer) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number of misses.
fn run(issuer: &str) -> Fallible<usize> {
    let provider = Provider::discover(issuer)?;
    let mut report = Report { misses: 0 };
    good_values(&provider, &mut report)?;
    bad_verifiers(&provider, &mut report)?;
    bad_challenges(&provider, &mut report)?;
    Ok(report.misses)
}

// ---------------------------------------------------------------------------------------------------------------------
// The cases
// ---------------------------------------------------------------------------------------------------------------------

/// Verifiers of every length that matters and of the whole alphabet: both must accept them.
fn good_values(provider: &Provider, report: &mut Report) -> Fallible<()> {
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
        report.must_accept(case, &theirs, &ours);
    }
    Ok(())
}

/// Each with a code of its own.
fn bad_verifiers(provider: &Provider, report: &mut Report) -> Fallible<()> {
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
        report.must_refuse(case, &theirs, &our_token_answer(&challenge, verifier));
    }
    let theirs = provider.log_in_and_redeem(&challenge, &[right, right])?;
    report.must_refuse_unasked("repeated verifier", &theirs);
    Ok(())
}

fn bad_challenges(provider: &Provider, report: &mut Report) -> Fallible<()> {
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
        let theirs = provider.authorize(&parameters)?.answer();
        let ours = match POLICY.check_authorization_request(challenge, method) {
            Ok(_) => Answer::Accepted,
            Err(why) => Answer::Refused(why.oauth_error().to_owned()),
        };
        report.must_refuse(case, &theirs, &ours);
    }
    let (challenge, method) = (("code_challenge", right), ("code_challenge_method", "S256"));
    for (case, parameters) in [
        ("repeated challenge", [challenge, challenge, method]),
        ("repeated method", [challenge, method, method]),
    ] {
        report.must_refuse_unasked(case, &provider.authorize(&parameters)?.answer());
    }
    Ok(())
}

fn our_token_answer(challenge: &CodeChallenge, verifier: Option<&str>) -> Answer {
    match POLICY.check_token_request(Some(challenge), verifier) {
        Ok(_) => Answer::Accepted,
        Err(why) => Answer::Refused(why.oauth_error().to_owned()),
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The comparison
// ---------------------------------------------------------------------------------------------------------------------

struct Report {
    misses: usize,
}

impl Report {
    fn must_accept(&mut self, case: &str, theirs: &Answer, ours: &Answer) {
        match (theirs, ours) {
            (Answer::Accepted, Answer::Accepted) => ok(case, "accepted by both"),
            _ => self.miss(case, theirs, ours, "accepted by both"),
        }
    }

    /// The same answer of both; or the difference that is listed for this case, which must still be there.
    fn must_refuse(&mut self, case: &str, theirs: &Answer, ours: &Answer) {
        let listed = DIFFERENCES.iter().find(|(name, ..)| *name == case);
        match (listed, ours) {
            (Some((_, they, we, why)), _) if theirs.to_string() == *they && ours.to_string() == *we => {
                println!("differs  oidc-provider  {case}: theirs {they}, ours {we} ({why})");
            }
            (Some((_, they, we, _)), _) => self.miss(case, theirs, ours, &format!("theirs {they}, ours {we}")),
            (None, Answer::Refused(error)) if theirs == ours => ok(case, &format!("{error} from both")),
            (None, _) => self.miss(case, theirs, ours, "refused by both with the same error"),
        }
    }

    /// RFC 6749 3.1 and 3.2: a repeated parameter is an invalid request before PKCE is looked at. The crate takes one
    /// value of each, so its caller refuses.
    fn must_refuse_unasked(&mut self, case: &str, theirs: &Answer) {
        let refused = Answer::Refused("invalid_request".to_owned());
        if *theirs == refused {
            ok(case, "invalid_request, refused before the crate is asked");
        } else {
            self.miss(case, theirs, &refused, "invalid_request");
        }
    }

    fn miss(&mut self, case: &str, theirs: &Answer, ours: &Answer, expected: &str) {
        self.misses += 1;
        println!("MISS  oidc-provider  {case}: theirs {theirs}, ours {ours} (expected {expected})");
    }
}

fn ok(case: &str, outcome: &str) {
    println!("ok    oidc-provider  {case}: {outcome}");
}

// ---------------------------------------------------------------------------------------------------------------------
// The server, and the user at its pages
// ---------------------------------------------------------------------------------------------------------------------

struct Provider {
    agent: Agent,
    issuer: Url,
    authorization_endpoint: String,
    token_endpoint: String,
}

/// What the redirect back to the client says.
enum Redirect {
    Code(String),
    Error(String),
}

impl Redirect {
    fn answer(self) -> Answer {
        match self {
            Self::Code(_) => Answer::Accepted,
            Self::Error(error) => Answer::Refused(error),
        }
    }
}

impl Provider {
    fn discover(issuer: &str) -> Fallible<Self> {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(std::time::Duration::from_secs(20)))
            .build()
            .into();
        let mut answer = agent.get(format!("{issuer}/.well-known/openid-configuration")).call()?;
        let metadata: serde_json::Value = answer.body_mut().read_json()?;
        let endpoint = |name: &str| {
            metadata[name]
                .as_str()
                .map(str::to_owned)
                .ok_or(format!("no {name} in metadata"))
        };
        Ok(Self {
            issuer: Url::parse(issuer)?,
            authorization_endpoint: endpoint("authorization_endpoint")?,
            token_endpoint: endpoint("token_endpoint")?,
            agent,
        })
    }

    /// The whole flow up to the answer of the token endpoint, with as many verifiers as there are.
    fn log_in_and_redeem(&self, challenge: &CodeChallenge, verifiers: &[&str]) -> Fallible<Answer> {
        match self.authorize(&challenge.authorization_params())? {
            Redirect::Code(code) => self.redeem(&code, verifiers),
            Redirect::Error(error) => Err(format!("the authorization endpoint refused our challenge: {error}").into()),
        }
    }

    /// Goes from redirect to redirect and answers the server's pages, until one leads back to the client.
    fn authorize(&self, pkce: &[(&str, &str)]) -> Fallible<Redirect> {
        let mut url = Url::parse(&self.authorization_endpoint)?;
        url.query_pairs_mut()
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", CLIENT),
                ("redirect_uri", REDIRECT_URI),
            ])
            .extend_pairs([("scope", "openid"), ("state", STATE)])
            .extend_pairs(pkce);
        for _ in 0..10 {
            let mut answer = self.agent.get(url.as_str()).call()?;
            if answer.status() == 200 {
                // A page of the built-in login: it says itself what it asks for.
                let page = answer.body_mut().read_to_string()?;
                let prompt = if page.contains(r#"value="login""#) {
                    "login"
                } else {
                    "consent"
                };
                answer = self.agent.post(url.as_str()).send_form([
                    ("prompt", prompt),
                    ("login", "user"),
                    ("password", "any"),
                ])?;
            }
            url = location(&answer, &url)?;
            if url.as_str().starts_with(REDIRECT_URI) {
                return self.read_redirect(&url);
            }
        }
        Err("the login does not come to an end".into())
    }

    fn read_redirect(&self, url: &Url) -> Fallible<Redirect> {
        let parameter = |name: &str| {
            url.query_pairs()
                .find(|(key, _)| key == name)
                .map(|(_, value)| value.into_owned())
        };
        if parameter("state").as_deref() != Some(STATE) {
            return Err(format!("another state came back: {url}").into());
        }
        if parameter("iss").map(|iss| Url::parse(&iss)).transpose()?.as_ref() != Some(&self.issuer) {
            return Err(format!("another issuer answered: {url}").into());
        }
        match (parameter("code"), parameter("error")) {
            (Some(code), None) => Ok(Redirect::Code(code)),
            (None, Some(error)) => Ok(Redirect::Error(error)),
            _ => Err(format!("neither a code nor an error: {url}").into()),
        }
    }

    fn redeem(&self, code: &str, verifiers: &[&str]) -> Fallible<Answer> {
        let form = [
            ("grant_type", "authorization_code"),
            ("client_id", CLIENT),
            ("redirect_uri", REDIRECT_URI),
            ("code", code),
        ];
        let verifiers = verifiers.iter().map(|verifier| ("code_verifier", *verifier));
        let mut answer = self
            .agent
            .post(&self.token_endpoint)
            .send_form(form.into_iter().chain(verifiers))?;
        let status = answer.status().as_u16();
        let body: serde_json::Value = answer.body_mut().read_json()?;
        match (status, body["access_token"].as_str(), body["error"].as_str()) {
            (200, Some(_), None) => Ok(Answer::Accepted),
            (400, None, Some(error)) => Ok(Answer::Refused(error.to_owned())),
            _ => Err(format!("the token endpoint answered with HTTP status {status}").into()),
        }
    }
}

fn location(answer: &Response<Body>, base: &Url) -> Fallible<Url> {
    let status = answer.status();
    let target = answer
        .headers()
        .get("location")
        .ok_or(format!("HTTP status {status} without a redirect at {base}"))?;
    Ok(base.join(target.to_str()?)?)
}
