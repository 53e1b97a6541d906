//! Runs the code of the guide, and the login that it describes for `openidconnect`, against a function in place of the
//! server. Prints a line for each login that the server accepted.

use std::cell::RefCell;
use std::collections::HashMap;
use std::error::Error;

use oauth2::basic::BasicClient;
use oauth2::{
    AuthUrl, AuthorizationCode, ClientId, CsrfToken, HttpRequest, HttpResponse, PkceCodeChallenge, PkceCodeVerifier,
    TokenResponse, TokenUrl,
};
use openidconnect::core::{CoreClient, CoreResponseType};
use openidconnect::{AuthenticationFlow, IssuerUrl, Nonce};
use pkce_core::{CodeChallenge, CodeChallengeMethod, CodeVerifier, ServerPolicy};
use url::Url;

type Outcome = Result<(), Box<dyn Error>>;

const POLICY: ServerPolicy = ServerPolicy::new();
const ANSWER: &str = r#"{"access_token":"token","token_type":"bearer"}"#;

/// Collects parameters. None may be repeated.
fn parameters<'a>(
    pairs: impl Iterator<Item = (std::borrow::Cow<'a, str>, std::borrow::Cow<'a, str>)>,
) -> HashMap<String, String> {
    let mut parameters = HashMap::new();
    for (name, value) in pairs {
        let old = parameters.insert(name.into_owned(), value.into_owned());
        assert!(old.is_none(), "a repeated parameter");
    }
    parameters
}

/// The authorization endpoint.
fn authorize(url: &Url) -> Result<CodeChallenge, Box<dyn Error>> {
    let query = parameters(url.query_pairs());
    let get = |name| query.get(name).map(String::as_str);
    Ok(POLICY.check_authorization_request(get("code_challenge"), get("code_challenge_method"))?)
}

/// The token endpoint, which keeps the requests until the challenge is known.
#[derive(Default)]
struct TokenEndpoint(RefCell<Vec<Vec<u8>>>);

impl TokenEndpoint {
    fn client(&self) -> impl Fn(HttpRequest) -> Result<HttpResponse, std::io::Error> {
        |request| {
            self.0.borrow_mut().push(request.into_body());
            let mut response = HttpResponse::new(ANSWER.into());
            response
                .headers_mut()
                .insert("content-type", "application/json".parse().expect("a header"));
            Ok(response)
        }
    }

    /// Checks the only request.
    fn accepts(&self, challenge: &CodeChallenge) -> Outcome {
        let requests = self.0.borrow();
        let [body] = requests.as_slice() else {
            panic!("{} requests", requests.len())
        };
        let form = parameters(url::form_urlencoded::parse(body));
        POLICY.check_token_request(Some(challenge), form.get("code_verifier").map(String::as_str))?;
        Ok(())
    }
}

fn as_extra_parameters() -> Outcome {
    let endpoint = TokenEndpoint::default();
    let (http_client, code) = (endpoint.client(), "code".to_owned());
    let (url, state, response) = include!(concat!(env!("OUT_DIR"), "/block-1.rs"));
    assert!(!state.secret().is_empty() && response.access_token().secret() == "token");
    endpoint.accepts(&authorize(&url)?)
}

fn as_their_types() -> Outcome {
    let endpoint = TokenEndpoint::default();
    let client = BasicClient::new(ClientId::new("app".to_owned()))
        .set_auth_uri(AuthUrl::new("https://server.example/authorize".to_owned())?)
        .set_token_uri(TokenUrl::new("https://server.example/token".to_owned())?);
    let verifier = CodeVerifier::generate()?;
    let (verifier, challenge) = include!(concat!(env!("OUT_DIR"), "/block-2.rs"));
    let (url, _state) = client
        .authorize_url(CsrfToken::new_random)
        .set_pkce_challenge(challenge)
        .url();
    client
        .exchange_code(AuthorizationCode::new("code".to_owned()))
        .set_pkce_verifier(verifier)
        .request(&endpoint.client())?;
    endpoint.accepts(&authorize(&url)?)
}

/// What the guide says about `openidconnect`: a flow and a nonce, and the rest as with `oauth2`.
fn openidconnect() -> Outcome {
    let endpoint = TokenEndpoint::default();
    let http_client = endpoint.client();
    let issuer = IssuerUrl::new("https://server.example".to_owned())?;
    let client = CoreClient::new(ClientId::new("app".to_owned()), issuer, Default::default())
        .set_auth_uri(AuthUrl::new("https://server.example/authorize".to_owned())?)
        .set_token_uri(TokenUrl::new("https://server.example/token".to_owned())?);

    let verifier = CodeVerifier::generate()?;
    let challenge = verifier.challenge(CodeChallengeMethod::S256);
    let flow = AuthenticationFlow::<CoreResponseType>::AuthorizationCode;
    let mut request = client.authorize_url(flow, CsrfToken::new_random, Nonce::new_random);
    for (name, value) in challenge.authorization_params() {
        request = request.add_extra_param(name, value);
    }
    let (url, _state, _nonce) = request.url();
    let response = client
        .exchange_code(AuthorizationCode::new("code".to_owned()))
        .add_extra_param("code_verifier", verifier.expose_secret())
        .request(&http_client)?;
    assert_eq!(response.access_token().secret(), "token");
    endpoint.accepts(&authorize(&url)?)
}

/// The server above notices a verifier of another login.
fn control() -> Outcome {
    let endpoint = TokenEndpoint::default();
    let body = format!("code=code&code_verifier={}", CodeVerifier::generate()?.expose_secret());
    endpoint.0.borrow_mut().push(body.into_bytes());
    let challenge = CodeVerifier::generate()?.challenge(CodeChallengeMethod::S256);
    match endpoint.accepts(&challenge) {
        Ok(()) => Err("accepted".into()),
        Err(_) => Ok(()),
    }
}

fn main() -> Outcome {
    as_extra_parameters()?;
    println!("the first block logs in");
    as_their_types()?;
    println!("the second block logs in");
    openidconnect()?;
    println!("the same with openidconnect logs in");
    control()?;
    println!("control: the verifier of another login is refused");
    Ok(())
}
