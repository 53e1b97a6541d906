//! The crate oauth2, a client that nobody here wrote.

use std::panic;

use interop::{CLIENT, Client, Fallible, Outcome, REDIRECT_URI, Report, Server, said};
use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, EndpointNotSet, EndpointSet, HttpRequest, HttpResponse,
    PkceCodeChallenge, PkceCodeVerifier, RedirectUrl, RequestTokenError, TokenResponse as _, TokenUrl,
};
use pkce_core::{CodeChallengeMethod, CodeVerifier};

type Theirs = BasicClient<EndpointSet, EndpointNotSet, EndpointNotSet, EndpointNotSet, EndpointSet>;

pub fn requests(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    let theirs = client_of(&client)?;
    type Sent = fn(&str) -> Vec<String>;
    let (no_code, bad) = ("invalid_grant", "invalid_request");
    let right: Sent = |right| vec![right.to_owned()];
    for (case, verifiers, expected) in [
        ("right verifier", right, "accepted"),
        ("wrong verifier", |_| vec!["a".repeat(43)], no_code),
        ("missing verifier", |_| vec![], no_code),
        ("empty verifier", |_| vec![String::new()], no_code),
        ("verifier of 42 characters", |right| vec![right[..42].to_owned()], bad),
        ("verifier of 129 characters", |_| vec!["a".repeat(129)], bad),
        ("verifier with +", |right| vec![format!("{}+", &right[..42])], bad),
        ("repeated verifier", |right| vec![right.to_owned(); 2], bad),
    ] {
        let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
        let outcome = log_in(&theirs, &client, Some(challenge), &verifiers(verifier.secret()))?;
        report.check(&format!("oauth2, {case}"), said(&outcome), expected);
    }
    let outcome = log_in(&theirs, &client, None, &[])?;
    report.check("oauth2, no challenge", said(&outcome), "invalid_request");

    let agree = (0..1000).filter(|_| value_is_ours()).count();
    report.check("oauth2, 1000 verifiers accepted, with our challenges", agree, "1000");
    panics(report);
    Ok(())
}

pub fn plain_allowed(binary: &str, report: &mut Report) -> Fallible<()> {
    let server = Server::start(binary, &["--allow-plain"])?;
    let client = Client::discover(&server.issuer)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_plain();
    let outcome = log_in(
        &client_of(&client)?,
        &client,
        Some(challenge),
        &[verifier.into_secret()],
    )?;
    report.check("oauth2, --allow-plain, method plain", said(&outcome), "accepted");
    Ok(())
}

/// A fresh verifier of theirs parses, and makes the same challenge here.
fn value_is_ours() -> bool {
    let (challenge, verifier) = PkceCodeChallenge::new_random_sha256();
    CodeVerifier::parse(verifier.secret()).is_ok_and(|v| {
        let ours = v.challenge(CodeChallengeMethod::S256);
        ours.as_str() == challenge.as_str() && ours.method().as_str() == challenge.method().as_str()
    })
}

/// The one difference: what it cannot make a challenge of.
fn panics(report: &mut Report) {
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
                format!("{:?}, ours {ours:?}", theirs.is_ok()),
                "it panics, ours is an error",
            ),
        }
    }
    panic::set_hook(quiet);
}

fn client_of(client: &Client) -> Fallible<Theirs> {
    Ok(BasicClient::new(ClientId::new(CLIENT.to_owned()))
        .set_auth_uri(AuthUrl::new(client.authorization_endpoint.clone())?)
        .set_token_uri(TokenUrl::new(client.token_endpoint.clone())?)
        .set_redirect_uri(RedirectUrl::new(REDIRECT_URI.to_owned())?))
}

/// Sends the first verifier in their own way, and a second one as an extra parameter.
fn log_in(
    theirs: &Theirs,
    client: &Client,
    challenge: Option<PkceCodeChallenge>,
    verifiers: &[String],
) -> Fallible<Outcome> {
    let mut request = theirs.authorize_url(CsrfToken::new_random);
    if let Some(challenge) = challenge {
        request = request.set_pkce_challenge(challenge);
    }
    let (url, state) = request.url();
    let code = match client.visit(&url, state.secret())? {
        Ok(code) => code,
        refused => return Ok(refused),
    };
    let mut request = theirs.exchange_code(AuthorizationCode::new(code));
    if let Some((first, rest)) = verifiers.split_first() {
        request = request.set_pkce_verifier(PkceCodeVerifier::new(first.clone()));
        for verifier in rest {
            request = request.add_extra_param("code_verifier", verifier);
        }
    }
    let http = |request: HttpRequest| -> Result<HttpResponse, ureq::Error> {
        let (head, mut body) = client.agent.run(request)?.into_parts();
        Ok(HttpResponse::from_parts(head, body.read_to_vec()?))
    };
    match request.request(&http) {
        Ok(token) => Ok(Ok(token.access_token().secret().clone())),
        Err(RequestTokenError::ServerResponse(e)) => Ok(Err(e.error().as_ref().to_owned())),
        Err(_) => Err("the oauth2 crate did not understand the answer".into()),
    }
}
