//! The crate oauth2, a client that nobody here wrote.

use std::panic;

use interop::{Answer, CLIENT, Client, Fallible, REDIRECT_URI, Redirect, Report, Server};
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
        let issued = code(&theirs, &client, Some(challenge))?;
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
        let answer = redeem(&theirs, &client, &issued, &verifiers)?;
        report.check(&format!("oauth2, {case}"), &answer, expected);
    }
    let answer = match code(&theirs, &client, None) {
        Ok(_) => "accepted".to_owned(),
        Err(why) => why.to_string(),
    };
    report.check("oauth2, no challenge", &answer, "invalid_request");

    let agree = (0..1000).filter(|_| value_is_ours()).count();
    report.check("oauth2, 1000 verifiers accepted, with our challenges", agree, "1000");
    panics(report);
    Ok(())
}

pub fn plain_allowed(server: &Server, report: &mut Report) -> Fallible<()> {
    let client = Client::discover(&server.issuer)?;
    let theirs = client_of(&client)?;
    let (challenge, verifier) = PkceCodeChallenge::new_random_plain();
    let issued = code(&theirs, &client, Some(challenge))?;
    let answer = redeem(&theirs, &client, &issued, &[verifier.secret()])?;
    report.check("oauth2, --allow-plain, method plain", &answer, "accepted");
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

/// An error in the redirect is the error of this function.
fn code(theirs: &Theirs, client: &Client, challenge: Option<PkceCodeChallenge>) -> Fallible<String> {
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
fn redeem(theirs: &Theirs, client: &Client, code: &str, verifiers: &[&str]) -> Fallible<Answer> {
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
