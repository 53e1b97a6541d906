//! The example server over real sockets: with the crate's own client side, with the oauth2 crate, with 64 clients at
//! once, in races, and through a kill.
//!
//! `server PATH`, with the path of the built `authorization-server`. One line per case; exits with 1 when one was missed.

use std::collections::HashSet;
use std::error::Error;
use std::fmt;
use std::fs;
use std::io::{self, BufRead as _, BufReader};
use std::panic;
use std::path::PathBuf;
use std::process::{Child, Command, ExitCode, Stdio};
use std::sync::Barrier;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenResponse as _, TokenUrl,
};
use pkce_core::{CodeChallengeMethod, CodeVerifier, S256Support};
use ureq::Agent;
use url::Url;

type Fallible<T> = Result<T, Box<dyn Error + Send + Sync>>;

const CLIENT: &str = "example-client";
/// Nobody listens there: the redirect is read, not followed.
const REDIRECT_URI: &str = "http://127.0.0.1:49152/callback";
const STATE: &str = "af0ifjsldkj";

const LOGINS: usize = 10_000;
const IN_FLIGHT: usize = 64;
/// One login in so many sends a wrong verifier.
const WRONG_EVERY: usize = 10;
const RACERS: usize = 50;
const RACES: usize = 20;

fn main() -> ExitCode {
    let Some(binary) = std::env::args().nth(1) else {
        eprintln!("usage: server PATH-OF-authorization-server");
        return ExitCode::from(2);
    };
    match run(&binary) {
        Ok(0) => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

/// Returns the number of misses.
fn run(binary: &str) -> Fallible<usize> {
    let mut report = Report { misses: 0 };
    let strict = Server::start(binary, &[])?;
    our_client(&strict, &mut report)?;
    oauth2_client(&strict, &mut report)?;
    race("a code in memory", &strict, &mut report)?;
    load(&strict, &mut report)?;
    drop(strict);
    plain_allowed(&Server::start(binary, &["--allow-plain"])?, &mut report)?;
    non_pkce_allowed(&Server::start(binary, &["--allow-non-pkce"])?, &mut report)?;
    kill_and_restart(binary, &mut report)?;
    Ok(report.misses)
}

// ---------------------------------------------------------------------------------------------------------------------
// Our client
// ---------------------------------------------------------------------------------------------------------------------

fn our_client(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    report.check("metadata lists S256", &format!("{:?}", client.s256), "Listed");

    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let (s256, right) = (challenge.authorization_params(), verifier.expose_secret());
    let another = CodeVerifier::generate()?;
    let no_code = "invalid_grant";

    for (case, verifiers, expected) in [
        ("right verifier", vec![right], "accepted"),
        ("wrong verifier", vec![another.expose_secret()], no_code),
        ("challenge sent as verifier", vec![challenge.as_str()], no_code),
        ("missing verifier", vec![], no_code),
        ("empty verifier", vec![""], no_code),
        ("verifier of 42 characters", vec![&right[..42]], "invalid_request"),
        ("verifier of 129 characters", vec![&"a".repeat(129)], "invalid_request"),
        (
            "verifier with +",
            vec![&format!("{}+", &right[..42])],
            "invalid_request",
        ),
        (
            "verifier with a newline",
            vec![&format!("{right}\n")],
            "invalid_request",
        ),
        (
            "verifier with \u{e9}",
            vec![&format!("{right}\u{e9}")],
            "invalid_request",
        ),
        ("repeated verifier", vec![right, right], "invalid_request"),
        ("repeated verifier, one empty", vec![right, ""], "invalid_request"),
    ] {
        let code = client.code(&s256)?;
        report.check(case, &client.redeem(&code, &verifiers)?, expected);
    }

    let code = client.code(&s256)?;
    let twice = [client.redeem(&code, &[right])?, client.redeem(&code, &[right])?];
    report.check(
        "a code, twice",
        &format!("{}, {}", twice[0], twice[1]),
        "accepted, invalid_grant",
    );
    let code = client.code(&s256)?;
    let again = [
        client.redeem(&code, &[another.expose_secret()])?,
        client.redeem(&code, &[right])?,
    ];
    report.check(
        "a wrong verifier, then the right",
        &format!("{}, {}", again[0], again[1]),
        "invalid_grant, invalid_grant",
    );

    let value = challenge.as_str();
    let (padded, spare_bits) = (format!("{value}="), format!("{}B", &value[..42]));
    let challenge = |value| ("code_challenge", value);
    let method = |value| ("code_challenge_method", value);
    for (case, pkce) in [
        ("method plain", vec![challenge(right), method("plain")]),
        ("method s256", vec![challenge(value), method("s256")]),
        ("no method", vec![challenge(value)]),
        ("empty method", vec![challenge(value), method("")]),
        ("no challenge, no method", vec![]),
        ("method only", vec![method("S256")]),
        ("empty challenge", vec![challenge(""), method("S256")]),
        ("challenge, padded", vec![challenge(&padded), method("S256")]),
        (
            "challenge of 42 characters",
            vec![challenge(&value[..42]), method("S256")],
        ),
        (
            "challenge with spare bits set",
            vec![challenge(&spare_bits), method("S256")],
        ),
        (
            "repeated challenge",
            vec![challenge(value), challenge(value), method("S256")],
        ),
        (
            "repeated method",
            vec![challenge(value), method("S256"), method("S256")],
        ),
    ] {
        report.check(case, &client.authorize(&pkce)?, "invalid_request");
    }
    Ok(())
}

fn plain_allowed(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let another = CodeVerifier::generate()?;
    let plain = verifier.challenge(CodeChallengeMethod::Plain);
    for (case, pkce) in [
        ("--allow-plain, method plain", &plain.authorization_params()[..]),
        ("--allow-plain, no method", &plain.authorization_params()[..1]),
    ] {
        for (which, sent, expected) in [
            ("right", vec![verifier.expose_secret()], "accepted"),
            ("wrong", vec![another.expose_secret()], "invalid_grant"),
            ("missing", vec![], "invalid_grant"),
        ] {
            let answer = client.redeem(&client.code(pkce)?, &sent)?;
            report.check(&format!("{case}, {which} verifier"), &answer, expected);
        }
    }
    let s256 = verifier.challenge(CodeChallengeMethod::S256);
    let answer = client.redeem(&client.code(&s256.authorization_params())?, &[s256.as_str()])?;
    report.check(
        "--allow-plain, S256 challenge sent as verifier",
        &answer,
        "invalid_grant",
    );
    let lower = [s256.authorization_params()[0], ("code_challenge_method", "s256")];
    report.check(
        "--allow-plain, method s256",
        &client.authorize(&lower)?,
        "invalid_request",
    );

    let theirs = oauth2_client_of(&client)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_plain();
    let code = oauth2_code(&theirs, &client, Some(challenge))?;
    let answer = oauth2_redeem(&theirs, &client, &code, &[verifier.secret()])?;
    report.check("oauth2, --allow-plain, method plain", &answer, "accepted");
    Ok(())
}

fn non_pkce_allowed(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    let verifier = CodeVerifier::generate()?;
    let s256 = verifier.challenge(CodeChallengeMethod::S256);
    for (case, pkce, verifiers, expected) in [
        ("no PKCE", vec![], vec![], "accepted"),
        (
            "verifier without challenge",
            vec![],
            vec![verifier.expose_secret()],
            "invalid_request",
        ),
        (
            "right verifier",
            s256.authorization_params().to_vec(),
            vec![verifier.expose_secret()],
            "accepted",
        ),
        (
            "missing verifier",
            s256.authorization_params().to_vec(),
            vec![],
            "invalid_grant",
        ),
        (
            "empty verifier",
            s256.authorization_params().to_vec(),
            vec![""],
            "invalid_grant",
        ),
    ] {
        let answer = client.redeem(&client.code(&pkce)?, &verifiers)?;
        report.check(&format!("--allow-non-pkce, {case}"), &answer, expected);
    }
    let answer = client.authorize(&[("code_challenge_method", "S256")])?;
    report.check("--allow-non-pkce, method only", &answer, "invalid_request");
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------------------
// The oauth2 crate
// ---------------------------------------------------------------------------------------------------------------------

type Oauth2Client = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

fn oauth2_client(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    let theirs = oauth2_client_of(&client)?;
    let (_, another) = PkceCodeChallenge::new_random_sha256();
    for (case, expected) in [
        ("right verifier", "accepted"),
        ("wrong verifier", "invalid_grant"),
        ("missing verifier", "invalid_grant"),
        ("empty verifier", "invalid_grant"),
        ("verifier of 42 characters", "invalid_request"),
        ("verifier of 129 characters", "invalid_request"),
        ("verifier with +", "invalid_request"),
        ("repeated verifier", "invalid_request"),
    ] {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let right = verifier.secret().as_str();
        let code = oauth2_code(&theirs, &client, Some(challenge))?;
        let verifiers = match case {
            "right verifier" => vec![right.to_owned()],
            "wrong verifier" => vec![another.secret().clone()],
            "empty verifier" => vec![String::new()],
            "verifier of 42 characters" => vec![right[..42].to_owned()],
            "verifier of 129 characters" => vec!["a".repeat(129)],
            "verifier with +" => vec![format!("{}+", &right[..42])],
            "repeated verifier" => vec![right.to_owned(), right.to_owned()],
            _ => vec![],
        };
        let verifiers: Vec<&str> = verifiers.iter().map(String::as_str).collect();
        let answer = oauth2_redeem(&theirs, &client, &code, &verifiers)?;
        report.check(&format!("oauth2, {case}"), &answer, expected);
    }
    let answer = match oauth2_code(&theirs, &client, None) {
        Ok(_) => "accepted".to_owned(),
        Err(why) => why.to_string(),
    };
    report.check("oauth2, no challenge", &answer, "invalid_request");

    let agree = (0..1000).filter(|_| oauth2_value_is_ours()).count();
    report.check(
        "oauth2, 1000 verifiers accepted, with our challenges",
        &agree.to_string(),
        "1000",
    );
    oauth2_panics(report);
    Ok(())
}

/// A fresh verifier of theirs parses, and makes the same challenge here.
fn oauth2_value_is_ours() -> bool {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    CodeVerifier::parse(verifier.secret()).is_ok_and(|v| {
        let ours = v.challenge(CodeChallengeMethod::S256);
        ours.as_str() == challenge.as_str() && ours.method().as_str() == challenge.method().as_str()
    })
}

/// The one difference: what it cannot make a challenge of.
fn oauth2_panics(report: &mut Report) {
    let quiet = panic::take_hook();
    panic::set_hook(Box::new(|_| {}));
    for (case, verifier) in [("42", "a".repeat(42)), ("129", "a".repeat(129)), ("0", String::new())] {
        let ours = CodeVerifier::parse(&verifier).map(|_| ());
        let theirs = PkceCodeVerifier::new(verifier);
        let theirs = panic::catch_unwind(|| PkceCodeChallenge::from_code_verifier_sha256(&theirs).as_str().len());
        let case = format!("oauth2, challenge of {case} characters");
        match (&theirs, &ours) {
            (Err(_), Err(_)) => {
                println!(
                    "differs  server  {case}: oauth2 panics, ours is an error (RFC 7636 4.1: 43 to 128 characters)"
                );
            }
            _ => report.check(
                &case,
                &format!("{:?}, ours {ours:?}", theirs.is_ok()),
                "it panics, ours is an error",
            ),
        }
    }
    panic::set_hook(quiet);
}

fn oauth2_client_of(client: &Client) -> Fallible<Oauth2Client> {
    Ok(BasicClient::new(ClientId::new(CLIENT.to_owned()))
        .set_auth_uri(AuthUrl::new(client.authorization_endpoint.clone())?)
        .set_token_uri(TokenUrl::new(client.token_endpoint.clone())?)
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned())?))
}

/// An error in the redirect is the error of this function.
fn oauth2_code(theirs: &Oauth2Client, client: &Client, challenge: Option<PkceCodeChallenge>) -> Fallible<String> {
    let mut request = theirs.authorize_url(CsrfToken::new_random);
    if let Some(challenge) = challenge {
        request = request.set_pkce_challenge(challenge);
    }
    let (url, state) = request.url();
    match client.visit(&url, state.secret())? {
        Redirect::Code(code) => Ok(code),
        Redirect::Error(error) => Err(error.into()),
    }
}

/// The first verifier in their own way, a second one as an extra parameter.
fn oauth2_redeem(theirs: &Oauth2Client, client: &Client, code: &str, verifiers: &[&str]) -> Fallible<Answer> {
    let mut request = theirs.exchange_code(AuthorizationCode::new(code.to_owned()));
    if let Some((first, rest)) = verifiers.split_first() {
        request = request.set_pkce_verifier(PkceCodeVerifier::new((*first).to_owned()));
        for verifier in rest {
            request = request.add_extra_param("code_verifier", (*verifier).to_owned());
        }
    }
    let http = |request: HttpRequest| -> Result<HttpResponse, ureq::Error> {
        let (head, mut body) = client.agent.run(request)?.into_parts();
        Ok(HttpResponse::from_parts(head, body.read_to_vec()?))
    };
    match request.request(&http) {
        Ok(token) => Ok(Answer::Accepted(token.access_token().secret().clone())),
        Err(RequestTokenError::ServerResponse(e)) => Ok(Answer::Refused(e.error().as_ref().to_owned())),
        Err(_) => Err("the oauth2 crate did not understand the answer".into()),
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// Many at once
// ---------------------------------------------------------------------------------------------------------------------

/// What became of some logins.
#[derive(Default)]
struct Tally {
    right_accepted: usize,
    wrong_refused: usize,
    wrong_accepted: usize,
    lost: usize,
    tokens: HashSet<String>,
    first_loss: Option<String>,
}

fn load(server: &Server, report: &mut Report) -> Fallible<()> {
    let next = AtomicUsize::new(0);
    let tallies: Vec<Tally> = thread::scope(|scope| {
        let threads: Vec<_> = (0..IN_FLIGHT)
            .map(|_| scope.spawn(|| log_in_repeatedly(server, &next)))
            .collect();
        threads
            .into_iter()
            .map(|t| t.join().map_err(|_| "a client panicked")?)
            .collect::<Fallible<_>>()
    })?;
    let mut all = Tally::default();
    for tally in tallies {
        all.right_accepted += tally.right_accepted;
        all.wrong_refused += tally.wrong_refused;
        all.wrong_accepted += tally.wrong_accepted;
        all.lost += tally.lost;
        all.tokens.extend(tally.tokens);
        all.first_loss = all.first_loss.or(tally.first_loss);
    }
    if let Some(why) = all.first_loss {
        eprintln!("the first login that was lost: {why}");
    }
    let counts = |right, wrong, wrongly, lost, tokens| {
        format!(
            "{right} accepted with the right verifier, {wrong} refused with a wrong one, \
             {wrongly} accepted wrongly, {lost} lost, {tokens} different tokens"
        )
    };
    let outcome = counts(
        all.right_accepted,
        all.wrong_refused,
        all.wrong_accepted,
        all.lost,
        all.tokens.len(),
    );
    let wrong = LOGINS / WRONG_EVERY;
    let expected = counts(LOGINS - wrong, wrong, 0, 0, LOGINS - wrong);
    report.check(&format!("{LOGINS} logins, {IN_FLIGHT} in flight"), &outcome, &expected);
    Ok(())
}

fn log_in_repeatedly(server: &Server, next: &AtomicUsize) -> Fallible<Tally> {
    let client = Client::discover(&server.issuer)?;
    let mut tally = Tally::default();
    loop {
        let number = next.fetch_add(1, Ordering::Relaxed);
        if number >= LOGINS {
            return Ok(tally);
        }
        let wrong = number.is_multiple_of(WRONG_EVERY);
        match (log_in(&client, wrong), wrong) {
            (Ok(Answer::Accepted(token)), false) => {
                tally.right_accepted += 1;
                tally.tokens.insert(token);
            }
            (Ok(Answer::Refused(error)), true) if error == "invalid_grant" => tally.wrong_refused += 1,
            (Ok(Answer::Accepted(_)), true) => tally.wrong_accepted += 1,
            (Ok(Answer::Refused(why)), _) => tally.lose(why),
            (Err(why), _) => tally.lose(why.to_string()),
        }
    }
}

impl Tally {
    fn lose(&mut self, why: String) {
        self.lost += 1;
        self.first_loss.get_or_insert(why);
    }
}

fn log_in(client: &Client, wrong: bool) -> Fallible<Answer> {
    let verifier = CodeVerifier::generate()?;
    let code = client.code(&verifier.challenge(CodeChallengeMethod::S256).authorization_params())?;
    let sent = if wrong { CodeVerifier::generate()? } else { verifier };
    client.redeem(&code, &[sent.expose_secret()])
}

/// Each race is for a fresh code, over connections that are already open.
fn race(what: &str, server: &Server, report: &mut Report) -> Fallible<()> {
    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let clients: Vec<Client> = (0..RACERS)
        .map(|_| Client::discover(&server.issuer))
        .collect::<Fallible<_>>()?;
    let mut outcomes = HashSet::new();
    for _ in 0..RACES {
        let code = clients[0].code(&challenge.authorization_params())?;
        let start = Barrier::new(RACERS);
        let run = |client: &Client| {
            start.wait();
            client.redeem(&code, &[verifier.expose_secret()])
        };
        let answers: Vec<Answer> = thread::scope(|scope| {
            let racers: Vec<_> = clients.iter().map(|client| scope.spawn(|| run(client))).collect();
            racers
                .into_iter()
                .map(|r| r.join().map_err(|_| "a racer panicked")?)
                .collect::<Fallible<_>>()
        })?;
        let accepted = answers.iter().filter(|a| matches!(a, Answer::Accepted(_))).count();
        let refused = answers.iter().filter(|a| a.to_string() == "invalid_grant").count();
        outcomes.insert(format!("{accepted} accepted, {refused} invalid_grant"));
    }
    let mut outcomes: Vec<String> = outcomes.into_iter().collect();
    outcomes.sort();
    let case = format!("{what}, redeemed by {RACERS} racing requests, {RACES} times");
    report.check(
        &case,
        &outcomes.join("; "),
        &format!("1 accepted, {} invalid_grant", RACERS - 1),
    );
    Ok(())
}

// ---------------------------------------------------------------------------------------------------------------------
// A kill
// ---------------------------------------------------------------------------------------------------------------------

fn kill_and_restart(binary: &str, report: &mut Report) -> Fallible<()> {
    let folder = Folder::create()?;
    let database = folder.0.join("codes.sqlite");
    let database = database.to_str().ok_or("the path of temporary files is not UTF-8")?;
    let flags = ["--database", database, "--code-lifetime", "600"];
    let verifier = CodeVerifier::generate()?;
    let another = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let right = [verifier.expose_secret()];

    let server = Server::start(binary, &flags)?;
    let client = Client::discover(&server.issuer)?;
    race("a code in a file", &server, report)?;
    let codes: Vec<String> = (0..20)
        .map(|_| client.code(&challenge.authorization_params()))
        .collect::<Fallible<_>>()?;
    let (before, after) = codes.split_at(10);
    let count = |client: &Client, codes: &[String], verifier: [&str; 1], expected: &str| -> Fallible<usize> {
        let answers: Vec<Answer> = codes
            .iter()
            .map(|c| client.redeem(c, &verifier))
            .collect::<Fallible<_>>()?;
        Ok(answers.iter().filter(|a| a.to_string() == expected).count())
    };
    let redeemed = count(&client, before, right, "accepted")?;
    report.check("--database, redeemed before the kill", &redeemed.to_string(), "10");
    // SIGKILL.
    drop(server);

    let server = Server::start(binary, &flags)?;
    let client = Client::discover(&server.issuer)?;
    let refused = count(&client, before, right, "invalid_grant")?;
    report.check(
        "--database, refused after it, since they were redeemed before",
        &refused.to_string(),
        "10",
    );
    let refused = count(&client, &after[..2], [another.expose_secret()], "invalid_grant")?;
    report.check(
        "--database, refused after it, with a wrong verifier",
        &refused.to_string(),
        "2",
    );
    let redeemed = count(&client, &after[2..], right, "accepted")?;
    report.check(
        "--database, redeemed after it, since they were issued before",
        &redeemed.to_string(),
        "8",
    );
    Ok(())
}

/// A folder of its own, removed when this is dropped.
struct Folder(PathBuf);

impl Folder {
    fn create() -> io::Result<Self> {
        let path = std::env::temp_dir().join(format!("pkce-core-interop-{}", std::process::id()));
        fs::create_dir(&path)?;
        Ok(Self(path))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The server, its client, and the user at its page
// ---------------------------------------------------------------------------------------------------------------------

/// Killed when this is dropped.
struct Server {
    process: Child,
    issuer: String,
}

impl Server {
    fn start(binary: &str, flags: &[&str]) -> Fallible<Self> {
        let mut command = Command::new(binary);
        command
            .args(["--listen", "127.0.0.1:0"])
            .args(flags)
            .stdin(Stdio::null())
            .stdout(Stdio::piped());
        let process = command.spawn().map_err(|e| format!("{binary}: {e}"))?;
        let mut server = Self {
            process,
            issuer: String::new(),
        };
        let stdout = server.process.stdout.take().ok_or("no standard output")?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        server.issuer = line
            .trim_end()
            .strip_prefix("listening on ")
            .ok_or("the server did not start")?
            .to_owned();
        Ok(server)
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// One client, with connections of its own.
struct Client {
    agent: Agent,
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    s256: S256Support,
}

/// What the redirect back to the client says.
enum Redirect {
    Code(String),
    Error(String),
}

/// What the token endpoint says: the access token, or the error.
enum Answer {
    Accepted(String),
    Refused(String),
}

impl fmt::Display for Redirect {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Code(_) => f.write_str("accepted"),
            Self::Error(error) => f.write_str(error),
        }
    }
}

impl fmt::Display for Answer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Accepted(_) => f.write_str("accepted"),
            Self::Refused(error) => f.write_str(error),
        }
    }
}

impl Client {
    fn discover(issuer: &str) -> Fallible<Self> {
        let agent: Agent = Agent::config_builder()
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .proxy(None)
            .timeout_global(Some(Duration::from_secs(60)))
            .build()
            .into();
        let mut answer = agent
            .get(format!("{issuer}/.well-known/oauth-authorization-server"))
            .call()?;
        let metadata: serde_json::Value = answer.body_mut().read_json()?;
        let text = |name: &str| {
            metadata[name]
                .as_str()
                .map(str::to_owned)
                .ok_or(format!("no {name} in metadata"))
        };
        if text("issuer")? != issuer {
            return Err("the metadata is another issuer's".into());
        }
        let methods = metadata["code_challenge_methods_supported"].as_array();
        Ok(Self {
            issuer: issuer.to_owned(),
            authorization_endpoint: text("authorization_endpoint")?,
            token_endpoint: text("token_endpoint")?,
            s256: S256Support::from_metadata(methods.map(|m| m.iter().filter_map(serde_json::Value::as_str))),
            agent,
        })
    }

    fn code(&self, pkce: &[(&str, &str)]) -> Fallible<String> {
        match self.authorize(pkce)? {
            Redirect::Code(code) => Ok(code),
            Redirect::Error(error) => Err(format!("the authorization endpoint refused: {error}").into()),
        }
    }

    fn authorize(&self, pkce: &[(&str, &str)]) -> Fallible<Redirect> {
        let mut url = Url::parse(&self.authorization_endpoint)?;
        url.query_pairs_mut()
            .extend_pairs([
                ("response_type", "code"),
                ("client_id", CLIENT),
                ("redirect_uri", REDIRECT_URI),
            ])
            .append_pair("state", STATE)
            .extend_pairs(pkce);
        self.visit(&url, STATE)
    }

    /// Opens the page and presses Allow. Where there is no page but an error, pressing Allow all the same must not get a
    /// code.
    fn visit(&self, url: &Url, state: &str) -> Fallible<Redirect> {
        let mut shown = self.agent.get(url.as_str()).call()?;
        let page = shown.body_mut().read_to_string()?;
        let form = format!("{}&decision=allow", url.query().unwrap_or_default());
        let content_type = "application/x-www-form-urlencoded";
        let mut decided = self
            .agent
            .post(&self.authorization_endpoint)
            .content_type(content_type)
            .send(form)?;
        decided.body_mut().read_to_string()?;
        let status = (shown.status().as_u16(), decided.status().as_u16());
        let decided = self.read_redirect(decided.headers().get("location"), state)?;
        match (status, &decided) {
            ((200, 303), Redirect::Code(_)) if page.contains(r#"name="decision" value="allow""#) => Ok(decided),
            ((303, 303), Redirect::Error(error)) => {
                match self.read_redirect(shown.headers().get("location"), state)? {
                    Redirect::Error(before) if before == *error => Ok(decided),
                    _ => Err("the page and the form are answered differently".into()),
                }
            }
            _ => Err(format!("the page and the form are answered with HTTP status {status:?}").into()),
        }
    }

    fn read_redirect(&self, location: Option<&ureq::http::HeaderValue>, state: &str) -> Fallible<Redirect> {
        let url = Url::parse(location.ok_or("no redirect")?.to_str()?)?;
        if !url.as_str().starts_with(&format!("{REDIRECT_URI}?")) {
            return Err("the redirect goes elsewhere".into());
        }
        let mut pairs: Vec<(String, String)> = url.query_pairs().into_owned().collect();
        pairs.retain(|(name, _)| name != "error_description");
        let [first, sent_state, issuer] = &pairs[..] else {
            return Err("the redirect has other parameters than it should".into());
        };
        if *sent_state != ("state".to_owned(), state.to_owned()) || *issuer != ("iss".to_owned(), self.issuer.clone()) {
            return Err("another state or issuer came back".into());
        }
        match first.0.as_str() {
            "code" => Ok(Redirect::Code(first.1.clone())),
            "error" => Ok(Redirect::Error(first.1.clone())),
            _ => Err("neither a code nor an error".into()),
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
        let cacheable = answer.headers().get("cache-control").is_none_or(|v| v != "no-store");
        let body: serde_json::Value = answer.body_mut().read_json()?;
        match (status, body["access_token"].as_str(), body["error"].as_str()) {
            _ if cacheable => Err("the token endpoint's answer may be cached".into()),
            (200, Some(token), None) => Ok(Answer::Accepted(token.to_owned())),
            (400, None, Some(error)) => Ok(Answer::Refused(error.to_owned())),
            _ => Err(format!("the token endpoint answered with HTTP status {status}").into()),
        }
    }
}

// ---------------------------------------------------------------------------------------------------------------------
// The table
// ---------------------------------------------------------------------------------------------------------------------

struct Report {
    misses: usize,
}

impl Report {
    fn check(&mut self, case: &str, outcome: &dyn fmt::Display, expected: &str) {
        let outcome = outcome.to_string();
        if outcome == expected {
            println!("ok    server  {case}: {outcome}");
        } else {
            self.misses += 1;
            println!("MISS  server  {case}: {outcome} (expected {expected})");
        }
    }
}
